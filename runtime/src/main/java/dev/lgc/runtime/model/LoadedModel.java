package dev.lgc.runtime.model;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.model.Outline;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.BadInputException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * A trained model in memory, ready to run some of its entries.
 *
 * @param file its checkpoint
 * @param about what the checkpoint says
 * @param model what it takes and gives, for batches of {@code batch}
 * @param plan what it can do
 * @param session where it is
 * @param batch samples in a batch
 */
public record LoadedModel(
    Path file, Checkpoint about, Outline model, ExecutionPlan plan, Session session, int batch)
    implements IdentifiedWeights {

  @Override
  public String identity() {
    return new Weights(session, plan).identity(about.fingerprint());
  }

  /** The entry called {@code name}. */
  public Outline.Signature entry(String name) {
    return entry(model, name);
  }

  /**
   * The entry of {@code model} called {@code name}.
   *
   * @throws BadInputException if there is none
   */
  public static Outline.Signature entry(Outline model, String name) {
    return model
        .entry(name)
        .orElseThrow(
            () ->
                new BadInputException(
                    "the model " + model.name() + " has no `" + name + "`",
                    "`forward " + name + "`",
                    "is it a tokenizer?"));
  }

  /** The name of the input of {@code entry} that is of {@code kind}. */
  public static String input(Outline.Signature entry, InputKind kind) {
    return entry.inputs().stream()
        .filter(i -> InputKind.of(i) == kind)
        .map(Definition.Input::name)
        .findFirst()
        .orElseThrow(
            () ->
                new BadInputException(
                    entry.where()
                        + ": "
                        + entry.name()
                        + " takes no "
                        + kind.name().toLowerCase(Locale.ROOT),
                    "one",
                    ""));
  }

  /** A static value that the model declares, such as {@code codes}. */
  public int fact(String name) {
    return fact(model, name);
  }

  /**
   * A static value that {@code model} declares.
   *
   * @throws BadInputException if it does not
   */
  public static int fact(Outline model, String name) {
    if (model.facts().get(name) instanceof Number n) {
      return n.intValue();
    }
    throw new BadInputException(
        "the model " + model.name() + " declares no `" + name + "`", "`let " + name + "`", "");
  }

  @Override
  public void close() {
    session.close();
  }
}
