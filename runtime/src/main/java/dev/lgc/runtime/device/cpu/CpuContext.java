package dev.lgc.runtime.device.cpu;

import dev.lgc.compiler.emit.jvm.CompiledKernel;
import dev.lgc.compiler.emit.jvm.JvmEmitter;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.runtime.tensor.NativeBlock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The state that all programs of a CPU device share: the code of kernels, the threads that run it,
 * and the memory that it works in. One program runs at a time: it holds the lock of this.
 */
final class CpuContext implements AutoCloseable {
  private final JvmEmitter emitter;
  private final WorkerPool pool;
  private final Map<Kernel, CompiledKernel> compiled = new ConcurrentHashMap<>();
  private NativeBlock scratch;
  private long scratchBytes;
  private NativeBlock shared;

  CpuContext(JvmEmitter emitter, int threads) {
    this.emitter = emitter;
    this.pool = new WorkerPool(threads);
  }

  WorkerPool pool() {
    return pool;
  }

  /** Makes the code of a step's kernels with all cores, before {@link #compile} is asked for it. */
  void compileAll(ExecutionPlan plan, String step) {
    List<Kernel> kernels =
        plan.step(step).kernelCalls().stream()
            .map(KernelCall::kernel)
            .distinct()
            .map(plan.kernels()::get)
            .toList();
    // Needs no lock: the caller may have this one's.
    kernels.parallelStream().forEach(k -> compiled.computeIfAbsent(k, emitter::compile));
  }

  /** A kernel's code, made at most once. */
  CompiledKernel compile(Kernel kernel) {
    CompiledKernel c = compiled.computeIfAbsent(kernel, emitter::compile);
    reserve(c.launch().sharedBytes(), c.launch().scratchBytes());
    return c;
  }

  long sharedAddress() {
    return shared == null ? 0 : shared.address();
  }

  private synchronized void reserve(long sharedBytes, long threadBytes) {
    if (sharedBytes > 0 && (shared == null || shared.segment().byteSize() < sharedBytes)) {
      if (shared != null) {
        shared.close();
      }
      shared = NativeBlock.allocate(sharedBytes);
    }
    if (threadBytes > scratchBytes) {
      if (scratch != null) {
        scratch.close();
      }
      scratchBytes = apart(threadBytes);
      scratch = NativeBlock.allocate(scratchBytes * pool.threads());
      for (int t = 0; t < pool.threads(); t++) {
        pool.scratch(t, scratch.address() + t * scratchBytes);
      }
    }
  }

  /** Bytes of a thread's memory: threads must not share cache lines. */
  static long apart(long threadBytes) {
    return (threadBytes + 255) / 128 * 128;
  }

  /** Bytes that kernels work in beyond the memory of their plans, so far. */
  synchronized long workingBytes() {
    return (shared == null ? 0 : shared.segment().byteSize()) + scratchBytes * pool.threads();
  }

  @Override
  public void close() {
    pool.close();
    if (scratch != null) {
      scratch.close();
    }
    if (shared != null) {
      shared.close();
    }
  }
}
