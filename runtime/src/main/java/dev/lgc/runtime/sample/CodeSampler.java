package dev.lgc.runtime.sample;

import dev.lgc.compiler.pipeline.Sampling;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Outline;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.InputKind;
import dev.lgc.runtime.model.RandomKeys;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.function.Predicate;

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
    this.step = StepId.step(entry.name()).name();
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
    return StepId.prefill(generator.name()).name();
  }

  /** Samples of some conditions, all drawn alike. */
  Sampler of(Conditions conditions, SampleSettings settings) {
    return new Sampler() {
      @Override
      public int length() {
        return CodeSampler.this.length();
      }

      @Override
      public int batch() {
        return batch;
      }

      @Override
      public Optional<int[][]> draw(
          int first, int rows, BooleanSupplier stop, LongConsumer progress) {
        return CodeSampler.this.draw(conditions, settings, first, rows, stop, progress);
      }
    };
  }

  /** Codes of a sample. */
  public int length() {
    return entry.generated();
  }

  /** Samples in a batch. */
  public int batch() {
    return batch;
  }

  /**
   * Draws a sample for each condition.
   *
   * @param progress is told how many codes of how many samples are drawn, after each step
   * @return {@code [n][length]}
   * @throws BadInputException if the model computes no finite logit
   */
  public int[][] sample(Conditions conditions, SampleSettings settings, LongConsumer progress) {
    return sample(conditions, settings, () -> false, progress).orElseThrow();
  }

  /**
   * The same, until {@code stop} says so.
   *
   * @param stop asked before each kernel, or after each code where the device cannot end earlier
   * @return {@code [n][length]}; empty if stopped
   * @throws BadInputException if the model computes no finite logit
   */
  public Optional<int[][]> sample(
      Conditions conditions, SampleSettings settings, BooleanSupplier stop, LongConsumer progress) {
    int[][] codes = new int[conditions.size()][];
    for (int first = 0; first < codes.length; first += batch) {
      int rows = Math.min(batch, codes.length - first);
      long done = (long) first * length();
      Optional<int[][]> chunk =
          draw(conditions, settings, first, rows, stop, n -> progress.accept(done + n));
      if (chunk.isEmpty()) {
        return Optional.empty();
      }
      System.arraycopy(chunk.get(), 0, codes, first, rows);
    }
    return Optional.of(codes);
  }

  /**
   * Draws the samples from number {@code first} on, one for each row, at most a batch. A sample is
   * the same whichever it is drawn with, as far as kernels round alike at every number of rows.
   *
   * @param stop asked before each kernel, or after each code where the device cannot end earlier
   * @param progress is told how many codes are drawn, after each step
   * @return {@code [rows][length]}; empty if stopped
   * @throws BadInputException if the model computes no finite logit
   */
  public Optional<int[][]> draw(
      Conditions conditions,
      SampleSettings settings,
      int first,
      int rows,
      BooleanSupplier stop,
      LongConsumer progress) {
    return session
        .unlessStopped(
            stop,
            () -> drawSteps(conditions, settings, first, rows, progress, _ -> stop.getAsBoolean()))
        .flatMap(codes -> codes);
  }

  /**
   * The same, which ends after a whole step only.
   *
   * @param stop asked once after each code, with those that were drawn
   */
  Optional<int[][]> drawSteps(
      Conditions conditions,
      SampleSettings settings,
      int first,
      int rows,
      LongConsumer progress,
      Predicate<int[]> stop) {
    int[][] codes = new int[rows][length()];
    for (int i = 0; i < length(); i++) {
      String name = i == 0 ? prefill : step;
      writeConditions(name, conditions, first, rows);
      writeSampler(name, settings, first, rows, i);
      if (i > 0) {
        writeLast(codes, i);
      }
      session.run(name);
      take(name, first, i, codes);
      progress.accept((long) (i + 1) * rows);
      int position = i;
      if (stop.test(Arrays.stream(codes).mapToInt(c -> c[position]).toArray())) {
        return Optional.empty();
      }
    }
    return Optional.of(codes);
  }

  /** Writes the codes before {@code position}. */
  private void writeLast(int[][] codes, int position) {
    MemorySegment in = session.input(step, "token");
    for (int r = 0; r < batch; r++) {
      int code = codes[Math.min(r, codes.length - 1)][position - 1];
      in.setAtIndex(ValueLayout.JAVA_INT, r, code);
    }
    session.input(step, "position").set(ValueLayout.JAVA_INT, 0, position - 1);
  }

  private void take(String name, int first, int position, int[][] codes) {
    MemorySegment from = session.output(name, "token");
    for (int r = 0; r < codes.length; r++) {
      int code = from.getAtIndex(ValueLayout.JAVA_INT, r);
      if (code == Sampling.NOTHING) {
        throw new BadInputException(
            Text.format(
                "%s computes logits that are not finite for code %d of %d of sample %d",
                name, position + 1, codes[r].length, first + r),
            "a finite logit for some code, and none that is NaN or infinite",
            "training may have diverged: use an earlier checkpoint");
      }
      codes[r][position] = code;
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

  private void writeSampler(String name, SampleSettings s, int first, int rows, int position) {
    Step planned = plan.steps().get(name);
    setFloat(planned, "guidance", s.guidanceAt(position));
    setFloat(planned, "temperature", s.temperature());
    setFloat(planned, "top_p", s.topP());
    if (planned.inputs().containsKey("top_k")) {
      session.input(name, "top_k").set(ValueLayout.JAVA_INT, 0, s.topK());
    }
    if (planned.inputs().containsKey("key")) {
      MemorySegment key = session.input(name, "key");
      for (int r = 0; r < batch; r++) {
        RandomKeys.write(key, r, s.seed(), first + Math.min(r, rows - 1), position);
      }
    }
  }

  private void setFloat(Step planned, String input, double value) {
    if (planned.inputs().containsKey(input)) {
      session.input(planned.name(), input).set(ValueLayout.JAVA_FLOAT, 0, (float) value);
    }
  }
}
