package dev.lgc.runtime.device.tornado;

import dev.lgc.compiler.emit.tornado.DeviceArray;
import dev.lgc.compiler.emit.tornado.DeviceLayout;
import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.Call;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.runtime.tensor.NativeBlock;
import dev.lgc.runtime.tensor.PlanMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The host's side of the device's arrays: the very memory that TornadoVM copies from and to, so
 * nothing is there twice. What is never looked at, such as intermediate values, takes no memory:
 * its pages are never touched.
 */
final class TornadoMemory implements PlanMemory {
  private final DeviceLayout layout;
  private final int header;
  private final List<NativeBlock> blocks = new ArrayList<>();

  /** The places of the values of the call that is being looked at. */
  private final Map<Slot, DeviceLayout.Place> work = new HashMap<>();

  TornadoMemory(DeviceLayout layout, int headerBytes) {
    this.layout = layout;
    this.header = headerBytes;
    try {
      for (DeviceArray a : layout.arrays()) {
        blocks.add(NativeBlock.allocate(header + a.elements() * a.dtype().bytes()));
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** The memory that array {@code number} wraps, its header included. */
  MemorySegment array(int number) {
    return blocks.get(number).segment();
  }

  /** Looks at a call: from now on its intermediate values are found too. */
  void look(Call call, DeviceLayout.Call places) {
    work.clear();
    for (int i = 0; i < call.slots().size(); i++) {
      if (call.slots().get(i).arena() == Arena.WORK) {
        work.put(call.slots().get(i), places.buffers().get(i));
      }
    }
  }

  /** The place of a slot on the device. */
  DeviceLayout.Place place(Slot slot) {
    if (slot.arena() != Arena.WORK) {
      return layout.place(slot);
    }
    DeviceLayout.Place p = work.get(slot);
    if (p == null) {
      throw new IllegalArgumentException("not a value of this call: " + slot);
    }
    return p;
  }

  @Override
  public MemorySegment segment(Slot slot) {
    DeviceLayout.Place p = place(slot);
    long at = header + (long) p.offset() * slot.type().dtype().bytes();
    return array(p.array()).asSlice(at, slot.type().bytes());
  }

  /** The I32 at a place. */
  int cell(DeviceLayout.Place p) {
    return array(p.array()).get(ValueLayout.JAVA_INT, header + 4L * p.offset());
  }

  /** Makes all elements of an array 0. */
  void clear(int number) {
    array(number).asSlice(header).fill((byte) 0);
  }

  @Override
  public void close() {
    blocks.forEach(NativeBlock::close);
    blocks.clear();
  }
}
