package dev.lgc.runtime.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lgc.compiler.rewrite.WholeSequence;
import dev.lgc.dsl.model.Outline;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.cli.ConditionOptions.Chosen;
import dev.lgc.runtime.cli.GeneratorOptions.Generator;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.data.TextFeatures;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.InputKind;
import dev.lgc.runtime.model.LoadedModel;
import dev.lgc.runtime.model.PlannedModel;
import dev.lgc.runtime.report.PngGrid;
import dev.lgc.runtime.report.ProgressBar;
import dev.lgc.runtime.sample.CodeSampler;
import dev.lgc.runtime.sample.Conditions;
import dev.lgc.runtime.sample.SampleSettings;
import dev.lgc.runtime.sample.Tokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lgc sample}. */
@Command(
    name = "sample",
    mixinStandardHelpOptions = true,
    description = "Draws pictures with a trained generator and its tokenizer.",
    footer = {
      "",
      "Examples:",
      "  lgc sample -g out/generator -t out/tokenizer --class 207,360 -n 8 --cfg 4 -o samples.png",
      "  lgc sample -g out/generator --class 0-9 --top-k 1 --tokens-out tokens.json",
      "  lgc sample llamagen -m ClassToImage -p size=B --weights c2i_B.safetensors \\",
      "    --tokenizer-weights vq16.safetensors --class 207 --cfg 4 --out grid.png",
      "  lgc sample b.lgc --class 207   (compiled with its weights: the quickest start)",
      "  lgc sample -g out/generator -t out/tokenizer --class 3 --weights-type int8",
      "  lgc sample -g out/text -t out/tokenizer --text-features captions.safetensors"
    })
final class SampleCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private GeneratorOptions generator;
  @Mixin private DecoderOptions decoder;
  @Mixin private ConditionOptions what;
  @Mixin private DrawOptions how;
  @Mixin private GridOptions grid;
  @Mixin private WeightsOption weights;
  @Mixin private DeviceOptions device;

  @Output(folder = true)
  @Option(
      names = "--images-out",
      paramLabel = "FOLDER",
      description = "each picture as a PNG of its own, in a folder for its class")
  private Path imagesOut;

  @Output
  @Option(
      names = "--tokens-out",
      paramLabel = "FILE.json",
      description = "the codes, as {\"tokens\": [[…], …]}")
  private Path tokensOut;

  @Option(names = "--json", description = "print what was done as one JSON object")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    generator.check();
    decoder.check();
    what.check();
    Generator from = generator.generator(this::warn);
    boolean inPictures = inPictures(from);
    Outline outline = from.of().outline();
    Outline.Signature entry = CodeSampler.generator(outline);
    if (takesCaptions(entry)) {
      try (TextFeatures features = what.openFeatures()) {
        draw(from, entry, what.captions(features), settings(true), inPictures);
      }
    } else {
      draw(
          from,
          entry,
          what.classes(from.of().about(), outline, this::warn),
          settings(false),
          inPictures);
    }
    return 0;
  }

  /**
   * Whether pictures are wanted: that is so if a tokenizer is named. One that is with the generator
   * is not used where only codes are asked for.
   */
  private boolean inPictures(Generator from) {
    boolean asked = grid.outGiven() || imagesOut != null;
    boolean some = decoder.given() || Tokenizer.isWith(from.of()) && (asked || tokensOut == null);
    if (!some && tokensOut == null) {
      throw new BadInputException(
          "nothing to write", "-t TOKENIZER for pictures, or --tokens-out for codes", "");
    }
    if (!some && asked) {
      throw new BadInputException(
          (grid.outGiven() ? "-o" : "--images-out") + " without a tokenizer", "-t TOKENIZER", "");
    }
    return some;
  }

  private SampleSettings settings(boolean captions) {
    SampleSettings s = how.settings(captions);
    if (s.guidance() == 0 && what.given()) {
      warn(
          Text.format(
              "--cfg 0 draws without regard to the %s; --cfg 1 draws with regard to them, as"
                  + " trained",
              captions ? "captions" : "classes"));
    }
    return s;
  }

  private static boolean takesCaptions(Outline.Signature entry) {
    return entry.inputs().stream().anyMatch(i -> InputKind.of(i) == InputKind.CAPTION);
  }

  private void warn(String text) {
    spec.commandLine().getErr().println("warning: " + text);
  }

  private void draw(
      Generator from,
      Outline.Signature entry,
      Chosen chosen,
      SampleSettings settings,
      boolean inPictures)
      throws IOException {
    Map<String, Object> done = new LinkedHashMap<>();
    int rows = Math.min(grid.batch(), chosen.conditions().size());
    try (Device d = device.open()) {
      Background<PlannedModel> decoding =
          inPictures ? Background.of(() -> decoder.plan(from.of(), rows)) : null;
      PlannedModel drawing =
          from.of()
              .plan(
                  from.file(),
                  rows,
                  m ->
                      weights.in(
                          List.of(settings.request(entry.name())), from.of(), d.readsPanels()));
      PlannedModel tokenizer = decoding == null ? null : decoding.get();
      PlannedModel.requireMemory(
          "sampling " + drawing.model().name(),
          tokenizer == null ? List.of(drawing) : List.of(drawing, tokenizer),
          this::warn);
      if (WholeSequence.isIn(drawing.plan().storage())) {
        warn(
            Text.format(
                "no cached step can be derived from this model, so that each of its %d codes takes"
                    + " computing all of them; `lgc check` says why",
                entry.generated()));
      }
      long begin = System.nanoTime();
      int[][] codes = codes(drawing, chosen.conditions(), settings, d);
      double seconds = (System.nanoTime() - begin) * 1e-9;
      done.put("samples", codes.length);
      done.put("weights_of", drawing.weights().keyword());
      done.put("codes_per_second", codes.length * (double) codes[0].length / seconds);
      if (tokensOut != null) {
        AtomicFiles.writeBytes(
            tokensOut, new ObjectMapper().writeValueAsBytes(Map.of("tokens", codes)));
        done.put("tokens", tokensOut.toString());
      }
      if (tokenizer != null) {
        List<Picture> pictures = decoded(tokenizer, from.of().about(), codes, d);
        int columns = grid.columns((int) Math.ceil(Math.sqrt(pictures.size())));
        List<String> labels =
            chosen.labels().isEmpty()
                ? List.of()
                : IntStream.range(0, pictures.size())
                    .mapToObj(i -> chosen.label(i).orElseThrow())
                    .toList();
        Path png = grid.write(pictures, columns, labels, "samples.png");
        done.put("pictures", png.toString());
        if (imagesOut != null) {
          writeEach(pictures, chosen);
          done.put("images", imagesOut.toString());
        }
      }
    }
    say(done);
  }

  private int[][] codes(
      PlannedModel planned, Conditions conditions, SampleSettings settings, Device d) {
    try (LoadedModel model = noted(load(planned, d))) {
      CodeSampler sampler =
          new CodeSampler(model.session(), model.plan(), model.model(), model.batch());
      try (ProgressBar bar =
          Terminal.bar("sample", (long) conditions.size() * sampler.length(), "code")) {
        return sampler.sample(conditions, settings, bar::update);
      }
    }
  }

  private LoadedModel noted(LoadedModel model) {
    model.note().ifPresent(n -> spec.commandLine().getErr().println("note: " + n));
    return model;
  }

  private static LoadedModel load(PlannedModel planned, Device d) {
    return planned.load(d, List.of(CodeSampler.first(CodeSampler.generator(planned.model()))));
  }

  private List<Picture> decoded(
      PlannedModel planned, Checkpoint generator, int[][] codes, Device d) {
    try (LoadedModel model = noted(decoder.load(planned, generator, d))) {
      return Tokenizer.of(model).decode(codes);
    }
  }

  private void writeEach(List<Picture> pictures, Chosen chosen) throws IOException {
    for (int i = 0; i < pictures.size(); i++) {
      Path folder = chosen.folder(i).map(imagesOut::resolve).orElse(imagesOut);
      Files.createDirectories(folder);
      PngGrid.write(pictures.get(i), folder.resolve(Text.format("%05d.png", i)));
    }
  }

  private void say(Map<String, Object> done) {
    PrintWriter o = spec.commandLine().getOut();
    if (json) {
      o.println(JsonText.of(done));
    } else {
      done.forEach(
          (k, v) -> o.println(k + ": " + (v instanceof Double x ? Text.format("%.1f", x) : v)));
    }
    o.flush();
  }
}
