package dev.lgc.compiler.plan.artifact;

import dev.lgc.compiler.plan.ExecutionPlan;

/** A plan as it is in a file: read, and checked, when it is first asked for. */
public final class CompiledPlan {
  private final String purpose;
  private final byte[] bytes;
  private ExecutionPlan plan;

  CompiledPlan(String purpose, byte[] bytes) {
    this.purpose = purpose;
    this.bytes = bytes;
  }

  /**
   * A plan to write.
   *
   * @param purpose what it was made for, in one line: whoever asks for the same may have it
   */
  public static CompiledPlan of(String purpose, ExecutionPlan plan) {
    CompiledPlan c = new CompiledPlan(purpose, PlanWriter.write(plan));
    c.plan = plan;
    return c;
  }

  /** The purpose that it was made for. */
  public String purpose() {
    return purpose;
  }

  byte[] bytes() {
    return bytes;
  }

  /**
   * The plan.
   *
   * @throws ArtifactException if it is not sound
   */
  public synchronized ExecutionPlan plan() throws ArtifactException {
    if (plan == null) {
      plan = PlanReader.read(bytes);
    }
    return plan;
  }
}
