package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.memory.Lifetime;
import dev.lgc.compiler.memory.Placement;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;

/**
 * The code of a kernel that is split ({@link KernelSplitting}): a unit is a point of its space, and
 * a thread runs all parts of it.
 */
final class SplitKernelCode implements KernelCode {
  /** Threads that find a copy of the code of their own, without making one again and again. */
  private static final int COPIES = 64;

  private final int[] extents;
  private final List<KernelPart> parts;
  private final List<CompiledKernel> compiled;

  /** By local: its place in the thread's memory. */
  private final Map<Integer, Long> offsets = new HashMap<>();

  private final long[] partShared;
  private final long[] partScratch;
  private final Launch launch;
  private final AtomicReferenceArray<Copy> free = new AtomicReferenceArray<>(COPIES);

  private SplitKernelCode(
      Kernel whole,
      KernelSplitting.Split split,
      List<CompiledKernel> compiled,
      List<Launch> launches) {
    parts = split.parts();
    this.compiled = compiled;
    extents = whole.space().stream().mapToInt(Axis::extent).toArray();
    // First the position on each axis of the space, then what parts hand to each other.
    long at = Placement.align(4L * extents.length);
    at += place(at, split.inPlace());
    partShared = new long[parts.size()];
    partScratch = new long[parts.size()];
    long most = at;
    long sum = 0;
    for (int i = 0; i < parts.size(); i++) {
      Launch l = launches.get(i);
      partShared[i] = at;
      partScratch[i] = at + Placement.align(l.sharedBytes());
      most = Math.max(most, partScratch[i] + Placement.align(l.scratchBytes()));
      sum += l.work();
    }
    long points = Axis.positions(whole.space());
    launch = new Launch(List.of(points), 0, most, sum * points);
  }

  /**
   * Compiles parts.
   *
   * @param whole the kernel they are of
   * @param threads that will run them at the same time
   */
  static CompiledKernel compile(
      Kernel whole,
      KernelSplitting.Split split,
      Function<Kernel, CompiledKernel> compiler,
      int threads) {
    List<CompiledKernel> compiled =
        split.parts().stream().map(p -> compiler.apply(p.kernel())).toList();
    List<Launch> launches = compiled.stream().map(CompiledKernel::launch).toList();
    SplitKernelCode code = new SplitKernelCode(whole, split, compiled, launches);
    for (int i = 0; i < Math.min(threads, COPIES); i++) {
      code.free.set(i, code.new Copy(i == 0));
    }
    List<JvmSchedule> schedules = compiled.stream().map(CompiledKernel::schedule).toList();
    return new CompiledKernel(new JvmSchedule.Split(schedules), code.launch, code);
  }

  /** The launch of parts together, before there is code of them. */
  static Launch launch(
      Kernel whole, KernelSplitting.Split split, Function<Kernel, Launch> launches) {
    List<Launch> each = split.parts().stream().map(p -> launches.apply(p.kernel())).toList();
    return new SplitKernelCode(whole, split, List.of(), each).launch;
  }

  /** Gives every kept array a place after {@code at}; returns how much they need. */
  private long place(long at, Map<Integer, Integer> inPlace) {
    Map<Integer, Lifetime> lives = new HashMap<>();
    Map<Integer, Integer> first = new HashMap<>();
    for (int i = 0; i < parts.size(); i++) {
      for (KernelPart.Place p : parts.get(i).places()) {
        if (p instanceof KernelPart.Place.Kept(int local, long bytes)) {
          int memory = local;
          while (inPlace.containsKey(memory)) {
            memory = inPlace.get(memory);
          }
          first.put(local, memory);
          Lifetime now = new Lifetime(bytes, i, i);
          lives.merge(memory, now, (x, y) -> new Lifetime(bytes, x.first(), y.last()));
        }
      }
    }
    List<Integer> arrays = lives.keySet().stream().sorted().toList();
    Placement placement = Placement.of(arrays.stream().map(lives::get).toList());
    first.forEach(
        (local, memory) -> offsets.put(local, at + placement.offsets()[arrays.indexOf(memory)]));
    return placement.peak();
  }

  @Override
  public void run(int phase, long[] buffers, long shared, long scratch, long from, long to) {
    Copy copy = take();
    for (long unit = from; unit < to; unit++) {
      copy.point(buffers, scratch, unit);
    }
    give(copy);
  }

  private Copy take() {
    for (int i = 0; i < COPIES; i++) {
      Copy c = free.get(i) == null ? null : free.getAndSet(i, null);
      if (c != null) {
        return c;
      }
    }
    return new Copy(false);
  }

  private void give(Copy copy) {
    for (int i = 0; i < COPIES; i++) {
      if (free.get(i) == null && free.compareAndSet(i, null, copy)) {
        return;
      }
    }
  }

  /** The code and the addresses that one thread at a time uses. */
  private final class Copy {
    private final Bound[] bound;
    private final int[] point = new int[extents.length];

    /**
     * @param first whether it may have the code itself
     */
    Copy(boolean first) {
      bound = new Bound[parts.size()];
      for (int i = 0; i < bound.length; i++) {
        KernelCode code = compiled.get(i).code();
        bound[i] = new Bound(i, first ? code : code.copy());
      }
    }

    void point(long[] buffers, long scratch, long unit) {
      long rest = unit;
      for (int i = extents.length - 1; i >= 0; i--) {
        point[i] = (int) (rest % extents[i]);
        rest /= extents[i];
        KernelSupport.MEMORY.set(ValueLayout.JAVA_INT, scratch + 4L * i, point[i]);
      }
      for (Bound b : bound) {
        b.run(buffers, scratch, point);
      }
    }
  }

  /** A part's code, and where its buffers are. */
  private final class Bound {
    /**
     * The origin of buffers in the thread's scratch memory; others begin in a buffer of the whole
     * kernel.
     */
    private static final int SCRATCH = -1;

    private final int number;
    private final KernelCode code;
    private final int[] origins;
    private final long[] starts;
    private final long[][] strides;
    private final long[] addresses;
    private final long[] units;

    Bound(int number, KernelCode code) {
      this.number = number;
      this.code = code;
      List<KernelPart.Place> places = parts.get(number).places();
      int n = places.size();
      origins = new int[n];
      starts = new long[n];
      strides = new long[n][extents.length];
      addresses = new long[n];
      units = compiled.get(number).launch().units().stream().mapToLong(x -> x).toArray();
      for (int i = 0; i < n; i++) {
        origins[i] = SCRATCH;
        switch (places.get(i)) {
          case KernelPart.Place.Argument a -> {
            origins[i] = a.buffer();
            strides[i] = a.strides().stream().mapToLong(x -> x).toArray();
          }
          case KernelPart.Place.Kept k -> starts[i] = offsets.get(k.local());
          case KernelPart.Place.Position p -> starts[i] = 4L * p.axis();
        }
      }
    }

    void run(long[] buffers, long scratch, int[] point) {
      for (int i = 0; i < addresses.length; i++) {
        long at = starts[i] + (origins[i] == SCRATCH ? scratch : buffers[origins[i]]);
        for (int a = 0; a < point.length; a++) {
          at += strides[i][a] * point[a];
        }
        addresses[i] = at;
      }
      long shared = scratch + partShared[number];
      long own = scratch + partScratch[number];
      try {
        for (int phase = 0; phase < units.length; phase++) {
          code.run(phase, addresses, shared, own, 0, units[phase]);
        }
      } catch (IndexFault e) {
        int origin = origins[e.buffer()];
        throw origin == SCRATCH ? e : new IndexFault(origin, e.index(), e.elements());
      }
    }
  }
}
