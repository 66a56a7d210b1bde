package dev.lgc.runtime.sample;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Step;
import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Outline;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.InputKind;
import dev.lgc.runtime.model.Keys;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;

/** Draws codes with a generator's plan: one prefill, then a step for each further position. */
public final class CodeSampler {
  private final Session session;
  private final ExecutionPlan plan;
  private final Outline.Signature entry;
  private final int batch;
  private final String prefill;
  private final String step;

  /**
   * For a session whose plan was made with a {@link dev.lgc.compiler.pipeline.Request.Generate}.
   *
   * @param batch samples in a batch of the plan
   */
  public CodeSampler(Session session, ExecutionPlan plan, Outline model, int batch) {
    this.session = session;
    this.plan = plan;
    this.entry = generator(model);
    this.batch = batch;
    this.prefill = first(entry);
    this.step = entry.name() + ".step";
  }

  /**
   * The generator of a model.
   *
   * @throws BadInputException if it has none
   */
  public static Outline.Signature generator(Outline model) {
    List<Outline.Signature> all = model.entries(Entry.Kind.GENERATE);
    if (all.isEmpty()) {
      throw new BadInputException(
          "the model " + model.name() + " generates nothing",
          "`generate codes[…]`",
          "is it a tokenizer?");
    }
    return all.getFirst();
  }

  /** The step that draws the first code. */
  public static String first(Outline.Signature generator) {
    return generator.name() + ".prefill";
  }

  /** Codes of a sample. */
  public int length() {
    return entry.generated();
  }

  /**
   * Draws a sample for each condition.
   *
   * @param progress is told how many codes of how many samples are drawn, after each step
   * @return {@code [n][length]}
   */
  public int[][] sample(Conditions conditions, SampleSettings settings, LongConsumer progress) {
    int[][] codes = new int[conditions.size()][length()];
    for (int first = 0; first < codes.length; first += batch) {
      int rows = Math.min(batch, codes.length - first);
      chunk(conditions, settings, first, rows, codes, progress);
    }
    return codes;
  }

  private void chunk(
      Conditions conditions,
      SampleSettings settings,
      int first,
      int rows,
      int[][] codes,
      LongConsumer progress) {
    long done = (long) first * length();
    MemorySegment token = session.output(step, "token");
    writeConditions(prefill, conditions, first, rows);
    writeSampler(prefill, settings, first, 0);
    session.run(prefill);
    take(session.output(prefill, "token"), first, rows, 0, codes);
    progress.accept(done + rows);
    for (int i = 1; i < length(); i++) {
      writeConditions(step, conditions, first, rows);
      writeSampler(step, settings, first, i);
      MemorySegment in = session.input(step, "token");
      for (int r = 0; r < batch; r++) {
        in.setAtIndex(ValueLayout.JAVA_INT, r, codes[first + Math.min(r, rows - 1)][i - 1]);
      }
      session.input(step, "position").set(ValueLayout.JAVA_INT, 0, i - 1);
      session.run(step);
      take(token, first, rows, i, codes);
      progress.accept(done + (long) (i + 1) * rows);
    }
  }

  private static void take(MemorySegment from, int first, int rows, int position, int[][] codes) {
    for (int r = 0; r < rows; r++) {
      codes[first + r][position] = from.getAtIndex(ValueLayout.JAVA_INT, r);
    }
  }

  /** Rows beyond the last sample repeat it. */
  private void writeConditions(String name, Conditions conditions, int first, int rows) {
    Set<String> inputs = plan.steps().get(name).inputs().keySet();
    for (Definition.Input input : entry.inputs()) {
      InputKind kind = InputKind.of(input);
      if (kind != InputKind.CODES && inputs.contains(input.name())) {
        TensorType type = input.type();
        MemorySegment into = session.input(name, input.name());
        for (int r = 0; r < batch; r++) {
          conditions.write(kind, type, first + Math.min(r, rows - 1), r, into);
        }
      }
    }
  }

  private void writeSampler(String name, SampleSettings s, int first, int position) {
    Step planned = plan.steps().get(name);
    setFloat(planned, "guidance", s.guidanceAt(position));
    setFloat(planned, "temperature", s.temperature());
    setFloat(planned, "top_p", s.topP());
    if (planned.inputs().containsKey("top_k")) {
      session.input(name, "top_k").set(ValueLayout.JAVA_INT, 0, s.topK());
    }
    if (planned.inputs().containsKey("key")) {
      Keys.write(session.input(name, "key"), s.seed(), first, position);
    }
  }

  private void setFloat(Step planned, String input, double value) {
    if (planned.inputs().containsKey(input)) {
      session.input(planned.name(), input).set(ValueLayout.JAVA_FLOAT, 0, (float) value);
    }
  }
}
