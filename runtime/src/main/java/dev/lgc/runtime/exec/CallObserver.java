package dev.lgc.runtime.exec;

import dev.lgc.compiler.plan.KernelCall;

/** Watches the kernel calls of a step. */
public interface CallObserver {
  void before(KernelCall call);

  void after(KernelCall call);
}
