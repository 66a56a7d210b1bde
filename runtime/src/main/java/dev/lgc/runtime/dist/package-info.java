/**
 * The ranks of a run: processes that compute the same graph on different samples, and the
 * collectives between them.
 *
 * <pre>
 * Collective, tensors --Ranks.start--> Pending --await--> the result's bits
 *   OneRank     copies
 *   MpiRanks    --CollectiveJob--> MpiThread --Pieces--> Mpi, TreeSum
 * Launch        what this process was started as;    MpiCommand   what starts several
 * Heartbeat     ends all ranks when one is lost
 * </pre>
 *
 * <p><b>Sums.</b> Those over ranks are a {@code TreeSum}: one balanced binary tree over the places
 * of the group, as {@link dev.lgc.compiler.op.Collective} says. MPI's own reductions add in an
 * order that depends on the library, its settings and the length; here MPI only carries bytes,
 * unless a run leaves sums to it ({@code MpiSums}). A sum is element by element, so tensors are cut
 * into pieces, and a piece into shares: each rank gets its share from all, adds it, and sends the
 * sum to all. That is as few bytes as any algorithm sends. A short sum takes one round instead:
 * everybody sends everything to all. Several pieces are on their way while one is added, in 8 MiB
 * of scratch memory. Operands may be BF16: then they are sent as they are and widened before they
 * are added, in F32, and a sum is sent in F32.
 *
 * <p><b>Groups</b> are lists of ranks, and messages go from rank to rank; only the library's own
 * sums have a communicator for each group. Which messages belong together follows from the order of
 * calls, which is the same on all ranks.
 *
 * <p><b>The library</b> is found and told from others when it is loaded: Open MPI 4 or 5, or MPICH.
 * {@code MpiAbi} has what differs. One platform thread makes all calls of it, and none of them
 * waits, but for the one that makes a communicator. Transports below MPI like to take over signals
 * that the JVM lives on; they are told not to, and the JVM's handlers are put in place again
 * afterwards.
 *
 * <p><b>Loss.</b> MPI notices that a process is gone, but neither that it hangs nor that a link is
 * cut: it would wait for ever. Every second each rank tells rank 0 that it lives, at which step,
 * and what it does, and rank 0 tells each rank; after eight seconds of silence, or when a
 * connection closes too early, all ranks end with exit code 4, after one of them said:
 *
 * <pre>
 * error: rank 2 of 4 on node7 is lost: no sign of life for 8 s; last heard of: step 1041, train
 * </pre>
 *
 * <p>Before there is a heartbeat, while ranks come together, a {@code MeetingLimit} ends them.
 *
 * <p><b>Example.</b> The sum of gradients over all ranks, in place, while something else is
 * computed:
 *
 * <pre>{@code
 * Ranks ranks = MpiRanks.open();
 * Pending sum = ranks.start(new AllReduce(RankGroup.all(ranks.size())), gradients, gradients);
 * …
 * sum.await();
 * ranks.close();
 * }</pre>
 */
package dev.lgc.runtime.dist;
