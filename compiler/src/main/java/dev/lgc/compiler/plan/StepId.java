package dev.lgc.compiler.plan;

import java.util.OptionalInt;

/**
 * The identity of a step: what it does, with which entry of the model, for batches of which size.
 *
 * @param entry the entry's name; empty for the one step that is of no entry, {@link
 *     Kind#INITIALISE}
 * @param kind what the step does
 * @param batch samples in its batches; empty for those that the plan's model is for
 * @param level of a {@link Kind#COMBINE}, which has one; others have none
 */
public record StepId(String entry, Kind kind, OptionalInt batch, OptionalInt level) {
  /** The step that gives initial values. */
  public static final StepId INITIALISE = new StepId("", Kind.INITIALISE);

  /** More levels no tree has: its leaves are counted in an int. */
  private static final int MOST_LEVELS = 31;

  /** Between an entry's name and the size of its batches; no name in a model has it. */
  private static final char AT = '@';

  /** The computation that a step does. */
  public enum Kind {
    /** Gives everything that is stored its initial values. */
    INITIALISE("init"),
    /** Runs an entry as it stands. */
    EVALUATE(""),
    /** Computes the gradients of an objective. */
    GRADIENTS("gradients"),
    /** Computes them, and adds them to those there are. */
    ACCUMULATE("accumulate"),
    /** Computes them, adds them to those there are, and adds up those of all ranks. */
    REDUCE("reduce"),
    /** Adds the gradients of a shard to the partial sums of a tree, up to a level of it. */
    COMBINE("combine"),
    /** Changes an objective's parameters by their gradients. */
    UPDATE("update"),
    /** Computes the loss of an objective, and changes nothing. */
    LOSS("loss"),
    /** Computes what precedes a generator's codes, and draws the first. */
    PREFILL("prefill"),
    /** Draws a generator's next code. */
    STEP("step");

    private final String word;

    Kind(String word) {
      this.word = word;
    }

    /** True for a step that keeps values of a forward part for a backward part. */
    public boolean hasBackward() {
      return this == GRADIENTS || this == ACCUMULATE || this == REDUCE;
    }

    /** True for a step that reads samples; the others are the same for all batches. */
    public boolean hasBatch() {
      return this != INITIALISE && this != COMBINE && this != UPDATE;
    }
  }

  public StepId {
    if (entry.isEmpty() != (kind == Kind.INITIALISE)) {
      throw new IllegalArgumentException(kind + " of entry `" + entry + "`");
    }
    if (batch.isPresent() && !(kind.hasBatch() && batch.getAsInt() > 0)) {
      throw new IllegalArgumentException(kind + " for batches of " + batch.getAsInt());
    }
    if (level.isPresent() != (kind == Kind.COMBINE)
        || level.orElse(0) < 0
        || level.orElse(0) > MOST_LEVELS) {
      throw new IllegalArgumentException(kind + " of level " + level);
    }
  }

  /** The identity of a step for batches of the size that the plan's model is for. */
  public StepId(String entry, Kind kind) {
    this(entry, kind, OptionalInt.empty(), OptionalInt.empty());
  }

  /**
   * The identity of a step by its name, as it stands in an artifact.
   *
   * @throws IllegalArgumentException if no step is named so
   */
  public static StepId of(String name) {
    if (name.equals(INITIALISE.name())) {
      return INITIALISE;
    }
    int dot = name.lastIndexOf('.');
    String word = name.substring(dot + 1);
    for (Kind k : Kind.values()) {
      if (dot > 0 && k != Kind.INITIALISE && k != Kind.COMBINE && word.equals(k.word)) {
        return of(name.substring(0, dot), k);
      }
    }
    if (dot > 0 && word.matches(Kind.COMBINE.word + "\\d{1,2}")) {
      return combine(
          name.substring(0, dot), Integer.parseInt(word.substring(Kind.COMBINE.word.length())));
    }
    return of(name, Kind.EVALUATE);
  }

  private static StepId of(String owner, Kind kind) {
    int at = owner.lastIndexOf(AT);
    return at < 0
        ? new StepId(owner, kind)
        : new StepId(owner.substring(0, at), kind)
            .forBatch(OptionalInt.of(Integer.parseInt(owner.substring(at + 1))));
  }

  /** The step of an entry as it stands; its name must not read as that of another kind of step. */
  public static StepId evaluate(String entry) {
    return new StepId(entry, Kind.EVALUATE);
  }

  public static StepId gradients(String objective) {
    return new StepId(objective, Kind.GRADIENTS);
  }

  public static StepId accumulate(String objective) {
    return new StepId(objective, Kind.ACCUMULATE);
  }

  public static StepId reduce(String objective) {
    return new StepId(objective, Kind.REDUCE);
  }

  /** The step that adds up to a level of the tree: see {@link Kind#COMBINE}. */
  public static StepId combine(String objective, int level) {
    return new StepId(objective, Kind.COMBINE, OptionalInt.empty(), OptionalInt.of(level));
  }

  public static StepId update(String objective) {
    return new StepId(objective, Kind.UPDATE);
  }

  public static StepId loss(String objective) {
    return new StepId(objective, Kind.LOSS);
  }

  public static StepId prefill(String generator) {
    return new StepId(generator, Kind.PREFILL);
  }

  public static StepId step(String generator) {
    return new StepId(generator, Kind.STEP);
  }

  /** The same step for batches of a size; empty for that of the plan's model. */
  public StepId forBatch(OptionalInt size) {
    return new StepId(entry, kind, size, level);
  }

  /**
   * The entry's name with the size of the batches, such as {@code codes@8}, or the name alone: what
   * the entry's steps for such batches keep between them belongs to that.
   */
  public String owner() {
    return batch.isPresent() ? entry + AT + batch.getAsInt() : entry;
  }

  /**
   * The step's name in graphs, plans, artifacts and messages, such as {@code codes.step}, or {@code
   * codes@8.step} for batches of another size than the plan's model is for.
   */
  public String name() {
    String word = level.isPresent() ? kind.word + level.getAsInt() : kind.word;
    return entry.isEmpty() || word.isEmpty() ? owner() + word : owner() + "." + word;
  }

  @Override
  public String toString() {
    return name();
  }
}
