package dev.lgc.runtime.dist;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Sums that the MPI library adds up, in an order of its own. It may know the network better, and
 * some networks add by themselves; but bits depend on the library and on the number of ranks.
 *
 * <p>For the thread of MPI. All ranks begin the same sums in the same order.
 */
final class MpiSums {
  private final Mpi mpi;
  private final MethodHandle allReduce;
  private final MethodHandle reduceScatter;
  private final MethodHandle split;
  private final Map<List<Integer>, Long> communicators = new HashMap<>();

  MpiSums(Mpi mpi) {
    this.mpi = mpi;
    allReduce =
        mpi.handle(
            "MPI_Iallreduce",
            JAVA_LONG,
            JAVA_LONG,
            JAVA_INT,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG);
    reduceScatter =
        mpi.handle(
            "MPI_Ireduce_scatter_block",
            JAVA_LONG,
            JAVA_LONG,
            JAVA_INT,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG);
    split = mpi.handle("MPI_Comm_split", JAVA_LONG, JAVA_INT, JAVA_INT, ADDRESS);
  }

  /**
   * Begins to add tensors of F32 on all ranks of a group.
   *
   * @param elements of each
   * @param request address of the request's handle, which is written
   */
  void allReduce(List<Integer> group, long from, long to, int elements, long request) {
    long operand = from == to ? mpi.abi().inPlace() : from;
    begin(allReduce, operand, to, elements, group, request);
  }

  /**
   * Begins to add tensors of F32, of which each rank of a group gets its block.
   *
   * @param to where the block is to be: outside of the operand
   * @param elements of a block
   */
  void reduceScatter(List<Integer> group, long from, long to, int elements, long request) {
    begin(reduceScatter, from, to, elements, group, request);
  }

  private void begin(
      MethodHandle sum, long from, long to, int elements, List<Integer> group, long request) {
    MpiAbi abi = mpi.abi();
    Mpi.call(sum, from, to, elements, abi.floats(), abi.sum(), communicator(group), request);
  }

  /** The communicator of a group; all ranks of the run ask for one of their own at once. */
  private long communicator(List<Integer> group) {
    if (communicators.isEmpty()) {
      communicators.put(all(), mpi.abi().world());
    }
    return communicators.computeIfAbsent(List.copyOf(group), this::split);
  }

  private List<Integer> all() {
    return IntStream.range(0, mpi.size()).boxed().toList();
  }

  private long split(List<Integer> group) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment made = arena.allocate(JAVA_LONG); // an int of some libraries: the lower half
      Mpi.call(split, mpi.abi().world(), group.getFirst(), mpi.rank(), made);
      return made.get(JAVA_LONG, 0);
    }
  }
}
