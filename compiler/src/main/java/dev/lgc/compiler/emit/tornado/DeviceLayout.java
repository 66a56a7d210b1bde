package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.dsl.type.DType;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The places of a plan's values on a device, whose arrays have one element type each.
 *
 * <p>The arenas of a plan hold all types, so each becomes an array per type, or several where one
 * would be too large. What lives as long as the session keeps its order; the intermediate values of
 * a step are placed anew, type by type, by the same lifetimes. Offsets are multiples of 64 bytes.
 *
 * @param arrays numbered from 0
 * @param lasting the places of all slots that are not in WORK
 * @param steps each call, by step
 */
public record DeviceLayout(
    List<DeviceArray> arrays, Map<Key, Place> lasting, Map<String, List<Call>> steps) {
  /**
   * A call's schedule, and the places of its values.
   *
   * @param buffers one per buffer of its kernel
   * @param workspace what the schedule needs besides them, by type
   * @param checks by extent of an axis: an I32 of this call's own that is 0 until an index outside
   *     of that axis is written to it, which never is 0
   */
  public record Call(
      DeviceSchedule schedule,
      List<Place> buffers,
      Map<DType, Place> workspace,
      Map<Integer, Place> checks) {
    public Call {
      buffers = List.copyOf(buffers);
      workspace = Collections.unmodifiableMap(new LinkedHashMap<>(workspace));
      checks = Collections.unmodifiableMap(new LinkedHashMap<>(checks));
    }
  }

  /**
   * An index that a run of a step found outside of an axis.
   *
   * @param call number of the call in its step
   */
  public record Outside(int call, int index, int extent) {}

  /** Reads an I32 at a place. */
  public interface Cells {
    int at(Place place);
  }

  /** The first call of a step that found an index outside of an axis, if one did. */
  public Optional<Outside> outside(String step, Cells cells) {
    List<Call> calls = steps.get(step);
    for (int i = 0; i < calls.size(); i++) {
      for (Map.Entry<Integer, Place> check : calls.get(i).checks.entrySet()) {
        int index = cells.at(check.getValue());
        if (index != 0) {
          return Optional.of(new Outside(i, index, check.getKey()));
        }
      }
    }
    return Optional.empty();
  }

  /** The array of all checks' cells, if there are checks. */
  public Optional<DeviceArray> checks() {
    return steps.values().stream()
        .flatMap(List::stream)
        .flatMap(c -> c.checks.values().stream())
        .findFirst()
        .map(p -> arrays.get(p.array()));
  }

  /**
   * A value's place.
   *
   * @param array number of the array
   * @param offset in elements
   */
  public record Place(int array, int offset) {}

  /** The identity of a slot outside of WORK. */
  public record Key(Arena arena, long offset, DType dtype) {
    static Key of(Slot s) {
      return new Key(s.arena(), s.offset(), s.type().dtype());
    }
  }

  public DeviceLayout {
    arrays = List.copyOf(arrays);
    lasting = Collections.unmodifiableMap(new LinkedHashMap<>(lasting));
    steps = Collections.unmodifiableMap(new LinkedHashMap<>(steps));
  }

  /**
   * The place of a slot outside of WORK: a stored tensor, a constant, an input or an output.
   *
   * @throws IllegalArgumentException if the plan has no such slot
   */
  public Place place(Slot slot) {
    Place p = lasting.get(Key.of(slot));
    if (p == null) {
      throw new IllegalArgumentException("no place for " + slot);
    }
    return p;
  }

  /** Bytes of all arrays. */
  public long totalBytes() {
    return arrays.stream().mapToLong(a -> a.elements() * a.dtype().bytes()).sum();
  }
}
