package dev.lgc.runtime.exec;

import dev.lgc.compiler.plan.Call;

/** Watches the calls of a step; while it does, collectives run by themselves. */
public interface CallObserver {
  void before(Call call);

  void after(Call call);
}
