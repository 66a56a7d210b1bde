package dev.lgc.runtime.dist;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The launch of several ranks, as the environment of each of them tells it.
 *
 * @param launcher that started this process, for messages
 * @param rank of this process
 * @param size number of ranks
 */
public record Launch(String launcher, int rank, int size) {
  /** Variables that launchers set: the number of ranks and, for ranks only, that of the process. */
  private record Known(String launcher, String size, String rank) {}

  /** Slurm's own come last: it also sets them for a script that starts {@code mpirun}. */
  private static final List<Known> KNOWN =
      List.of(
          new Known("mpirun of Open MPI", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),
          new Known("mpiexec of MPICH", "PMI_SIZE", "PMI_RANK"),
          new Known("srun of Slurm", "SLURM_STEP_NUM_TASKS", "PMIX_RANK"),
          new Known("srun of Slurm", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID"));

  /** Variables with the number of a rank among those of its machine. */
  private static final List<String> LOCAL =
      List.of("OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "SLURM_LOCALID");

  /** The launch of which this process is one rank; empty if it was started alone. */
  public static Optional<Launch> ofThisProcess() {
    return of(System.getenv());
  }

  /** The launch that an environment tells of. */
  public static Optional<Launch> of(Map<String, String> environment) {
    for (Known k : KNOWN) {
      String size = environment.get(k.size());
      String rank = environment.get(k.rank());
      if (isNumber(rank) && isNumber(size) && Integer.parseInt(size) > 0) {
        return Optional.of(
            new Launch(k.launcher(), Integer.parseInt(rank), Integer.parseInt(size)));
      }
    }
    return Optional.empty();
  }

  /** The launch of several ranks that an environment tells of; one alone is none. */
  public static Optional<Launch> ofSeveral(Map<String, String> environment) {
    return of(environment).filter(l -> l.size() > 1);
  }

  /** Returns true for the first rank of a machine, and for any whose launcher does not say so. */
  public static boolean isFirstHere(Map<String, String> environment) {
    return LOCAL.stream()
        .map(environment::get)
        .filter(Objects::nonNull)
        .findFirst()
        .map("0"::equals)
        .orElse(true);
  }

  private static boolean isNumber(String text) {
    return text != null && text.matches("[0-9]{1,9}");
  }
}
