package dev.lgc.dsl.model;

import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * A tensor that lives between steps.
 *
 * @param path the reference implementation's name, e.g. {@code layers.0.attention.wqkv.weight}
 * @param role who changes it
 * @param type always F32 for parameters
 * @param init its initial value
 * @param where its declaration
 */
public record Storage(String path, Role role, TensorType type, Init init, SourcePlace where) {
  /** The part of a program that changes a stored tensor. */
  public enum Role {
    /** Trained by objectives. */
    PARAMETER,
    /** Declared {@code buffer}: saved with the model, changed only by {@code update}. */
    BUFFER,
    /**
     * A parameter of a {@code frozen} sub-block: loaded from its own weights file, never trained,
     * not saved.
     */
    FROZEN
  }

  /**
   * Initial values, drawn from Philox keyed by seed and path.
   *
   * <pre>
   * Init ::= Constant(value) | Normal(mean, deviation) | Uniform(low, high)
   * </pre>
   */
  public sealed interface Init {
    record Constant(double value) implements Init {}

    record Normal(double mean, double deviation) implements Init {}

    record Uniform(double low, double high) implements Init {}
  }

  public static List<Storage> withRole(List<Storage> all, Role role) {
    return all.stream().filter(s -> s.role() == role).toList();
  }
}
