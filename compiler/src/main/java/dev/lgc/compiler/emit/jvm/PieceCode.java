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
 * A kernel as {@link Pieces}: a unit is a point of its space, and a thread runs all pieces of it.
 */
final class PieceCode implements KernelCode {
  /** Threads that find a copy of the code of their own, without making one again and again. */
  private static final int COPIES = 64;

  private final int[] extents;
  private final List<Piece> pieces;
  private final List<CompiledKernel> compiled;

  /** By local: its place in the thread's memory. */
  private final Map<Integer, Long> offsets = new HashMap<>();

  private final long[] pieceShared;
  private final long[] pieceScratch;
  private final Launch launch;
  private final AtomicReferenceArray<Copy> free = new AtomicReferenceArray<>(COPIES);

  private PieceCode(Kernel whole, Pieces.Cut cut, List<CompiledKernel> compiled) {
    pieces = cut.pieces();
    this.compiled = compiled;
    extents = whole.space().stream().mapToInt(Axis::extent).toArray();
    // First the position on each axis of the space, then what pieces hand to each other.
    long at = Placement.align(4L * extents.length);
    at += place(at, cut.inPlace());
    pieceShared = new long[pieces.size()];
    pieceScratch = new long[pieces.size()];
    long most = at;
    long sum = 0;
    for (int i = 0; i < pieces.size(); i++) {
      Launch l = compiled.get(i).launch();
      pieceShared[i] = at;
      pieceScratch[i] = at + Placement.align(l.sharedBytes());
      most = Math.max(most, pieceScratch[i] + Placement.align(l.scratchBytes()));
      sum += l.work();
    }
    long points = Axis.positions(whole.space());
    launch = new Launch(List.of(points), 0, most, sum * points);
  }

  /**
   * Compiles pieces.
   *
   * @param whole the kernel they are of
   * @param threads that will run them at the same time
   */
  static CompiledKernel compile(
      Kernel whole, Pieces.Cut cut, Function<Kernel, CompiledKernel> compiler, int threads) {
    List<CompiledKernel> compiled =
        cut.pieces().stream().map(p -> compiler.apply(p.kernel())).toList();
    PieceCode code = new PieceCode(whole, cut, compiled);
    for (int i = 0; i < Math.min(threads, COPIES); i++) {
      code.free.set(i, code.new Copy(i == 0));
    }
    List<Schedule> schedules = compiled.stream().map(CompiledKernel::schedule).toList();
    return new CompiledKernel(new Schedule.Pieces(schedules), code.launch, code);
  }

  /** Gives every kept array a place after {@code at}; returns how much they need. */
  private long place(long at, Map<Integer, Integer> inPlace) {
    Map<Integer, Lifetime> lives = new HashMap<>();
    Map<Integer, Integer> first = new HashMap<>();
    for (int i = 0; i < pieces.size(); i++) {
      for (Piece.Place p : pieces.get(i).places()) {
        if (p instanceof Piece.Place.Kept(int local, long bytes)) {
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

  /** What one thread at a time uses. */
  private final class Copy {
    private final Bound[] bound;
    private final int[] point = new int[extents.length];

    /**
     * @param first whether it may have the code itself
     */
    Copy(boolean first) {
      bound = new Bound[pieces.size()];
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

  /** A piece's code, and where its buffers are. */
  private final class Bound {
    /** What a buffer's address begins with: a buffer of the whole kernel, or the scratch memory. */
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
      List<Piece.Place> places = pieces.get(number).places();
      int n = places.size();
      origins = new int[n];
      starts = new long[n];
      strides = new long[n][extents.length];
      addresses = new long[n];
      units = compiled.get(number).launch().units().stream().mapToLong(x -> x).toArray();
      for (int i = 0; i < n; i++) {
        origins[i] = SCRATCH;
        switch (places.get(i)) {
          case Piece.Place.Argument a -> {
            origins[i] = a.buffer();
            strides[i] = a.strides().stream().mapToLong(x -> x).toArray();
          }
          case Piece.Place.Kept k -> starts[i] = offsets.get(k.local());
          case Piece.Place.Position p -> starts[i] = 4L * p.axis();
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
      long shared = scratch + pieceShared[number];
      long own = scratch + pieceScratch[number];
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
