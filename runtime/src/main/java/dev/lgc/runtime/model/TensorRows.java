package dev.lgc.runtime.model;

import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.storage.TensorLayout;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.FileTensor;
import dev.lgc.runtime.io.SafetensorsFile;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Some rows of a tensor in a file, as rows of a parameter.
 *
 * @param from which row of the file's tensor each row of the parameter is; -1 for one that stays as
 *     it is
 */
record TensorRows(int... from) {

  /**
   * The work of copying them, once it is known that they fit.
   *
   * @param name of the tensor in the file
   * @param rank of this process: of a parameter in blocks, its own is copied
   * @param to where the parameter {@code t} of {@code model} is
   * @throws BadInputException if its rows are of another shape
   */
  Runnable copy(
      SafetensorsFile file, String name, StoredTensor t, int rank, MemorySegment to, String model) {
    Shape shape = TensorCopy.declared(t);
    long[] found = file.info(name).shape();
    long[] wanted = shape.dims().stream().mapToLong(Integer::longValue).toArray();
    boolean fits =
        found.length == wanted.length
            && Arrays.equals(found, 1, found.length, wanted, 1, wanted.length);
    if (!fits || t.layout() != TensorLayout.ROW_MAJOR || t.slot().type().dtype() != DType.F32) {
      throw BadInputException.in(
          file.path(),
          name + " is " + Arrays.toString(found),
          "rows of " + shape + ", as in " + model,
          "does it belong to a model with other parameters?");
    }
    FileTensor source = file.source(name);
    long width = shape.elements() / shape.dim(0);
    long begin = t.block().map(b -> b.first(rank)).orElse(0L);
    long end = begin + t.block().map(b -> b.elements(rank)).orElse(shape.elements());
    return () -> {
      for (int row = 0; row < from.length; row++) {
        long first = Math.max(begin, row * width);
        long last = Math.min(end, (row + 1) * width);
        if (from[row] >= 0 && first < last) {
          long inRow = first - row * width;
          source.readFloats(from[row] * width + inRow, to, 4 * (first - begin), last - first);
        }
      }
      source.checkRead();
    };
  }
}
