package dev.lgc.runtime.dist;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A piece of a collective on its way, in one of several slots that are used again and again.
 *
 * <pre>
 * AllGather       send the piece to all, receive theirs into the result
 * ReduceScatter   send each rank the piece of its block, receive its own from all; add
 * AllReduce       the same with shares of the piece; then send the sum of the own share to all, and receive theirs
 * </pre>
 *
 * <p>A short AllReduce takes one round: everybody gets everything and adds all of it. Where sums
 * are left to the MPI library, a piece is a whole tensor.
 */
final class Piece {
  /** Bytes that every rank rather adds for itself. */
  private static final int SHORT = 2048;

  private static final int MOST_GATHERED = 1 << 20;

  /** Messages of more pieces than are on their way at any rank have different tags. */
  private static final int TAGS = 4096;

  private enum State {
    FREE,
    EXCHANGE,
    SPREAD,
    ADDING
  }

  private final Mpi mpi;
  private final TreeSum sum;
  private final MpiSums library;
  private final MemorySegment scratch;
  private final MemorySegment requests;

  private State state = State.FREE;
  private CollectiveJob job;
  private int pending;
  private int tag;
  private long from;
  private long to;
  private long block;
  private long bytes;
  private long share;

  /** Bytes of a result for each of what is sent: sums may be of BF16 in F32. */
  private int widening;

  /** True if everybody gets everything. */
  private boolean whole;

  /** The sum of the library that cannot be put where it belongs before it is complete; or null. */
  private Arena apart;

  private MemorySegment complete;

  private long[] terms = {};

  /**
   * A slot.
   *
   * @param library adds up what its job leaves to it
   * @param scratch for what other ranks send
   * @param requests for two requests for each rank of the run
   */
  Piece(Mpi mpi, TreeSum sum, MpiSums library, MemorySegment scratch, MemorySegment requests) {
    this.mpi = mpi;
    this.sum = sum;
    this.library = library;
    this.scratch = scratch;
    this.requests = requests;
  }

  /** The most bytes of a piece, where so much scratch memory is a slot's. */
  static long most(CollectiveMemory.Kind kind, int ranks, long scratch) {
    long share = scratch / (ranks - 1) & -64;
    return switch (kind) {
      case ALL_GATHER -> MOST_GATHERED;
      case ALL_REDUCE -> ranks * share;
      case REDUCE_SCATTER -> share;
    };
  }

  /** Returns true if everybody gets all of a piece that is to be added. */
  static boolean isShort(long bytes, int ranks, long scratch) {
    return bytes <= SHORT && bytes * (ranks - 1) <= scratch;
  }

  boolean isFree() {
    return state == State.FREE;
  }

  /**
   * Takes a job's next piece, and sends what there is to send.
   *
   * @param number of the piece, counted alike on all ranks
   */
  void begin(CollectiveJob j, int number) {
    CollectiveMemory m = j.memory();
    job = j;
    tag = number % TAGS * 2;
    from = m.from().get(j.tensor()).address() + j.at();
    widening = m.widening(j.tensor());
    to = m.to().get(j.tensor()).address() + widening * j.at();
    block = m.bytes(j.tensor());
    bytes = j.bytes();
    terms = terms.length == m.size() ? terms : new long[m.size()];
    pending = 0;
    state = State.EXCHANGE;
    if (j.isByLibrary()) {
      state = State.ADDING;
      add(m);
      return;
    }
    switch (m.kind()) {
      case ALL_GATHER -> gather(m);
      case ALL_REDUCE -> {
        whole = isShort(bytes, m.size(), scratch.byteSize());
        share = whole ? bytes : (bytes + m.size() - 1) / m.size() + 63 & -64;
        exchange(m, whole ? 0 : share);
      }
      case REDUCE_SCATTER -> {
        whole = true;
        share = bytes;
        exchange(m, block);
      }
    }
  }

  /** Lets the library add a whole tensor. */
  private void add(CollectiveMemory m) {
    int elements = Math.toIntExact(bytes / Float.BYTES);
    if (m.kind() == CollectiveMemory.Kind.ALL_REDUCE) {
      library.allReduce(m.ranks(), from, to, elements, nextRequest());
      return;
    }
    MemorySegment operand = m.from().get(job.tensor());
    complete = m.to().get(job.tensor());
    boolean within = operand.asOverlappingSlice(complete).isPresent();
    apart = within ? Arena.ofConfined() : null;
    long result = within ? apart.allocate(bytes, 64).address() : to;
    terms[0] = result;
    library.reduceScatter(m.ranks(), from, result, elements, nextRequest());
  }

  private void added() {
    if (apart != null) {
      MemorySegment.copy(
          MemorySegment.ofAddress(terms[0]).reinterpret(bytes), 0, complete, 0, bytes);
      apart.close();
      apart = null;
    }
  }

  private void gather(CollectiveMemory m) {
    List<Integer> ranks = m.ranks();
    long own = to + m.place() * block;
    if (own != from) {
      MemorySegment.copy(
          m.from().get(job.tensor()),
          job.at(),
          m.to().get(job.tensor()),
          m.place() * block + job.at(),
          bytes);
    }
    for (int i = 1; i < m.size(); i++) {
      int p = (m.place() + i) % m.size();
      receive(to + p * block, bytes, ranks.get(p), tag);
    }
    for (int i = 1; i < m.size(); i++) {
      send(from, bytes, ranks.get((m.place() + m.size() - i) % m.size()), tag);
    }
  }

  /**
   * Sends every rank its part, and receives the own part of every rank into scratch memory.
   *
   * @param stride from one rank's part to the next
   */
  private void exchange(CollectiveMemory m, long stride) {
    List<Integer> ranks = m.ranks();
    long own = length(m.place());
    long next = scratch.address();
    for (int p = 0; p < m.size(); p++) {
      if (p == m.place()) {
        terms[p] = from + p * stride;
      } else {
        terms[p] = next;
        receive(next, own, ranks.get(p), tag);
        next += own;
      }
    }
    // Every rank begins with its neighbour, so that not all send to the first.
    for (int i = 1; i < m.size(); i++) {
      int p = (m.place() + i) % m.size();
      send(from + p * stride, length(p), ranks.get(p), tag);
    }
  }

  /** Bytes of a place's share of the piece; the last are shorter, or empty. */
  private long length(int place) {
    return whole ? bytes : Math.clamp(bytes - place * share, 0, share);
  }

  /** Elements of what has so many bytes when it is sent. */
  private long elements(long sent) {
    return sent * widening / Float.BYTES;
  }

  /** Does what can be done now. Returns true if that was anything. */
  boolean advance() {
    if (!mpi.test(pending, requests.address())) {
      return false;
    }
    CollectiveMemory m = job.memory();
    boolean spread = false;
    if (state == State.ADDING) {
      added();
    } else if (state == State.EXCHANGE) {
      switch (m.kind()) {
        case ALL_GATHER -> {}
        case ALL_REDUCE -> {
          long at = whole ? to : to + widening * m.place() * share;
          sum.add(terms, at, elements(length(m.place())), widening);
          spread = !whole;
        }
        case REDUCE_SCATTER -> sum.add(terms, to, elements(bytes), widening);
      }
    }
    if (spread) {
      spread(m);
    } else {
      state = State.FREE;
      job.pieceDone();
    }
    return true;
  }

  private void spread(CollectiveMemory m) {
    List<Integer> ranks = m.ranks();
    pending = 0;
    state = State.SPREAD;
    for (int i = 1; i < m.size(); i++) {
      int p = (m.place() + m.size() - i) % m.size();
      receive(to + p * share * widening, length(p) * widening, ranks.get(p), tag + 1);
    }
    for (int i = 1; i < m.size(); i++) {
      int p = (m.place() + i) % m.size();
      long own = to + m.place() * share * widening;
      send(own, length(m.place()) * widening, ranks.get(p), tag + 1);
    }
  }

  private void send(long address, long length, int rank, int t) {
    if (length > 0) {
      mpi.send(address, (int) length, rank, t, nextRequest());
    }
  }

  private void receive(long address, long length, int rank, int t) {
    if (length > 0) {
      mpi.receive(address, (int) length, rank, t, nextRequest());
    }
  }

  private long nextRequest() {
    return requests.address() + (long) mpi.requestBytes() * pending++;
  }
}
