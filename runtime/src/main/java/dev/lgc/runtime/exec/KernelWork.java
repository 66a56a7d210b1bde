package dev.lgc.runtime.exec;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Counts a kernel's operations on floating-point numbers. */
final class KernelWork {
  private KernelWork() {}

  static long flops(Kernel kernel) {
    long sum = 0;
    for (Stage s : kernel.stages()) {
      long each = functions(s.value(), new IdentityHashMap<>());
      sum += size(s.axes()) * size(s.reduction()) * (each + (s.reducer() == Reducer.NONE ? 0 : 1));
    }
    return sum * size(kernel.space());
  }

  private static long size(List<Axis> axes) {
    return axes.stream().mapToLong(Axis::extent).reduce(1, Math::multiplyExact);
  }

  private static long functions(Scalar s, Map<Scalar, Boolean> seen) {
    if (seen.put(s, true) != null) {
      return 0;
    }
    long n = s instanceof Scalar.Apply && s.dtype().isFloat() ? 1 : 0;
    for (Scalar c : s.children()) {
      n += functions(c, seen);
    }
    return n;
  }
}
