package dev.lgc.compiler.plan;

/**
 * The identity of a step: what it does, with which entry of the model.
 *
 * @param entry the entry's name; empty for the one step that is of no entry, {@link
 *     Kind#INITIALISE}
 * @param kind what the step does
 */
public record StepId(String entry, Kind kind) {
  /** The step that gives first values. */
  public static final StepId INITIALISE = new StepId("", Kind.INITIALISE);

  /** What a step does. */
  public enum Kind {
    /** Gives everything that is stored its first values. */
    INITIALISE("init"),
    /** Runs an entry as it stands. */
    EVALUATE(""),
    /** Computes the gradients of an objective. */
    GRADIENTS("gradients"),
    /** Computes them, and adds them to those there are. */
    ACCUMULATE("accumulate"),
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
  }

  public StepId {
    if (entry.isEmpty() != (kind == Kind.INITIALISE)) {
      throw new IllegalArgumentException(kind + " of entry `" + entry + "`");
    }
  }

  /** The identity of a step by its name, as it stands in an artifact. */
  public static StepId of(String name) {
    if (name.equals(INITIALISE.name())) {
      return INITIALISE;
    }
    int dot = name.lastIndexOf('.');
    for (Kind k : Kind.values()) {
      if (dot > 0 && k != Kind.INITIALISE && name.substring(dot + 1).equals(k.word)) {
        return new StepId(name.substring(0, dot), k);
      }
    }
    return evaluate(name);
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

  /** The step's name in graphs, plans, artifacts and messages, such as {@code codes.step}. */
  public String name() {
    return entry.isEmpty() || kind.word.isEmpty() ? entry + kind.word : entry + "." + kind.word;
  }

  @Override
  public String toString() {
    return name();
  }
}
