package dev.lgc.runtime.dist;

import dev.lgc.compiler.op.Collective;
import dev.lgc.runtime.dist.CollectiveMemory.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Ranks that are threads of one JVM. The last rank of a group to come computes the collective for
 * all of it.
 */
public final class ThreadRanks implements Ranks {
  private static final int PATIENCE_SECONDS = 120;

  private final Meeting meeting;
  private final int rank;
  private int calls;

  private ThreadRanks(Meeting meeting, int rank) {
    this.meeting = meeting;
    this.rank = rank;
  }

  /**
   * Runs a program on ranks at the same time.
   *
   * @return what it gave on each
   * @throws IllegalStateException if it failed on a rank, which ends all
   */
  public static <T> List<T> run(int size, Function<Ranks, T> program) {
    Meeting meeting = new Meeting(size);
    try (ExecutorService threads = Executors.newThreadPerTaskExecutor(Thread::new)) {
      List<Future<T>> results =
          IntStream.range(0, size)
              .mapToObj(r -> threads.submit(() -> run(new ThreadRanks(meeting, r), program)))
              .toList();
      return results.stream().map(ThreadRanks::result).toList();
    }
  }

  private static <T> T run(ThreadRanks ranks, Function<Ranks, T> program) {
    try (ranks) {
      return program.apply(ranks);
    } catch (RuntimeException | Error e) {
      ranks.meeting.end(new IllegalStateException("rank " + ranks.rank + ": " + e, e));
      throw e;
    }
  }

  private static <T> T result(Future<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return meeting.size;
  }

  @Override
  public Pending start(Collective op, List<MemorySegment> from, List<MemorySegment> to) {
    CollectiveMemory mine = CollectiveMemory.of(op, this, from, to);
    List<Integer> group = op.group().ranks(rank);
    CompletableFuture<Object[]> done =
        meeting.come(calls++, group, group.indexOf(rank), mine, ThreadRanks::compute);
    return () -> await(done);
  }

  @Override
  public byte[][] gather(byte[] mine) {
    List<Integer> all = IntStream.range(0, size()).boxed().toList();
    Object[] said = await(meeting.come(calls++, all, rank, mine.clone(), _ -> {}));
    byte[][] copy = new byte[said.length][];
    for (int r = 0; r < copy.length; r++) {
      copy[r] = ((byte[]) said[r]).clone();
    }
    return copy;
  }

  @Override
  public void abort(String why, int code) {
    IllegalStateException end =
        new IllegalStateException("rank " + rank + " ended all with code " + code + ": " + why);
    meeting.end(end);
    throw end;
  }

  @Override
  public void close() {
    if (!meeting.ended()) {
      gather(new byte[0]);
    }
  }

  private static Object[] await(CompletableFuture<Object[]> done) {
    try {
      return done.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | CompletionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void compute(Object[] members) {
    CollectiveMemory[] m = new CollectiveMemory[members.length];
    for (int i = 0; i < m.length; i++) {
      m[i] = (CollectiveMemory) members[i];
      if (m[i].kind() != m[0].kind() || m[i].from().size() != m[0].from().size()) {
        throw new IllegalStateException("ranks differ: " + m[0] + ", " + m[i]);
      }
    }
    for (int i = 0; i < m[0].from().size(); i++) {
      compute(m, i);
    }
  }

  /** Computes the result's tensor {@code i} into memory of its own, then copies it to all ranks. */
  private static void compute(CollectiveMemory[] m, int i) {
    try (Arena arena = Arena.ofConfined()) {
      int size = m.length;
      int widening = m[0].widening(i);
      long bytes = m[0].from().get(i).byteSize();
      MemorySegment result =
          arena.allocate((m[0].kind() == Kind.ALL_GATHER ? size : widening) * bytes, 64);
      switch (m[0].kind()) {
        case ALL_GATHER -> {
          for (int p = 0; p < size; p++) {
            result.asSlice(p * bytes, bytes).copyFrom(m[p].from().get(i));
          }
        }
        case ALL_REDUCE, REDUCE_SCATTER -> {
          long[] terms = new long[size];
          for (int p = 0; p < size; p++) {
            terms[p] = m[p].from().get(i).address();
          }
          new TreeSum(size).add(terms, result.address(), widening * bytes / 4, widening);
        }
      }
      for (int p = 0; p < size; p++) {
        MemorySegment to = m[p].to().get(i);
        boolean block = m[p].kind() == Kind.REDUCE_SCATTER;
        to.copyFrom(block ? result.asSlice(p * to.byteSize(), to.byteSize()) : result);
      }
    }
  }

  /** The place where ranks meet. */
  private static final class Meeting {
    /** The call's number, and the ranks that make it. */
    private record Call(int number, List<Integer> group) {}

    private static final class Arrived {
      final Object[] members;
      final CompletableFuture<Object[]> done = new CompletableFuture<>();
      int missing;

      Arrived(int size) {
        members = new Object[size];
        missing = size;
      }
    }

    @FunctionalInterface
    private interface Work {
      void compute(Object[] members);
    }

    final int size;
    private final Map<Call, Arrived> waiting = new HashMap<>();
    private IllegalStateException end;

    Meeting(int size) {
      this.size = size;
    }

    CompletableFuture<Object[]> come(
        int number, List<Integer> group, int place, Object mine, Work work) {
      Call call = new Call(number, group);
      Arrived a;
      synchronized (this) {
        if (end != null) {
          return CompletableFuture.failedFuture(end);
        }
        a = waiting.computeIfAbsent(call, _ -> new Arrived(group.size()));
        a.members[place] = mine;
        if (--a.missing > 0) {
          return a.done;
        }
        waiting.remove(call);
      }
      try {
        work.compute(a.members);
        a.done.complete(a.members);
      } catch (RuntimeException e) {
        a.done.completeExceptionally(e);
      }
      return a.done;
    }

    void end(IllegalStateException why) {
      List<Arrived> left;
      synchronized (this) {
        end = end == null ? why : end;
        left = new ArrayList<>(waiting.values());
        waiting.clear();
      }
      left.forEach(a -> a.done.completeExceptionally(why));
    }

    synchronized boolean ended() {
      return end != null;
    }
  }
}
