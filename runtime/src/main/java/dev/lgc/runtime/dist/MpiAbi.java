package dev.lgc.runtime.dist;

import java.lang.foreign.SymbolLookup;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The constants of an MPI library: MPI's standard leaves them to it.
 *
 * <p>Handles are passed as 64 bits. A library whose handles are ints reads the lower half of the
 * register, on x86-64 and AArch64 alike; only in memory does their size count.
 *
 * @param name of the library, with its version
 * @param world the communicator of all ranks
 * @param bytes the type of bytes
 * @param floats the type of F32
 * @param sum the operation that adds
 * @param inPlace stands for an operand that lies where the result is to be
 * @param requestBytes size of the handle of a request in memory
 * @param ignored {@code MPI_STATUSES_IGNORE}
 */
record MpiAbi(
    String name,
    long world,
    long bytes,
    long floats,
    long sum,
    long inPlace,
    int requestBytes,
    long ignored) {
  private static final Pattern OPEN_MPI = Pattern.compile("Open MPI v(([45])\\.[0-9.a-z]+)");
  private static final Pattern MPICH = Pattern.compile("MPICH Version:\\s*(([345])\\.[0-9.a-z]+)");

  /**
   * The constants of a library, by what it says of itself.
   *
   * @param version what {@code MPI_Get_library_version} gives
   * @throws MpiMissing if it is neither Open MPI nor MPICH, or a version that is not known
   */
  static MpiAbi of(String version, SymbolLookup symbols) throws MpiMissing {
    Matcher m = OPEN_MPI.matcher(version);
    if (m.find()) {
      long world = symbols.findOrThrow("ompi_mpi_comm_world").address();
      long bytes = symbols.findOrThrow("ompi_mpi_byte").address();
      long floats = symbols.findOrThrow("ompi_mpi_float").address();
      long sum = symbols.findOrThrow("ompi_mpi_op_sum").address();
      return new MpiAbi("Open MPI " + m.group(1), world, bytes, floats, sum, 1, Long.BYTES, 0);
    }
    m = MPICH.matcher(version);
    if (m.find()) {
      return new MpiAbi(
          "MPICH " + m.group(1),
          0x4400_0000,
          0x4c00_010d,
          0x4c00_040a,
          0x5800_0003,
          -1,
          Integer.BYTES,
          1);
    }
    String first = version.lines().findFirst().orElse("").strip();
    throw new MpiMissing(
        "this MPI library is not known: "
            + (first.isEmpty() ? "it says no version" : first)
            + "; use Open MPI 4 or 5, or MPICH");
  }
}
