package dev.lgc.runtime.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lgc.dsl.model.Entry;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.CheckpointFolder;
import dev.lgc.runtime.model.InputKind;
import dev.lgc.runtime.model.LoadedModel;
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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
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
      "    --tokenizer-weights vq16.safetensors --class 207 --cfg 4 --out grid.png"
    })
final class SampleCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private DeviceOptions device;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "F.arch",
      description = "instead of -g: an .arch file, a library module or a .lgc, with --weights")
  private String arch;

  @Option(
      names = {"-m", "--model"},
      paramLabel = "MODEL",
      description = "the generator in F.arch; may be left out if the file has only one model")
  private String modelName = "";

  @Option(
      names = {"-p", "--parameter"},
      paramLabel = "NAME=VALUE",
      description = "the value of a parameter of the generator; may be repeated")
  private Map<String, String> parameters = new LinkedHashMap<>();

  @Option(
      names = "--weights",
      paramLabel = "W.safetensors",
      description = "with F.arch: the generator's weights, by the names in the model")
  private Path weights;

  @Option(
      names = "--tokenizer-weights",
      paramLabel = "T.safetensors",
      description = "instead of -t: weights of the tokenizer that the generator names")
  private Path tokenizerWeights;

  @Option(
      names = {"-g", "--generator"},
      paramLabel = "CKPT",
      description = "the generator: a checkpoint, or the folder of its run")
  private Path generator;

  @Option(
      names = {"-t", "--tokenizer"},
      paramLabel = "CKPT",
      description = "the tokenizer that made the codes it was trained on")
  private Path tokenizer;

  @ArgGroup private What what = new What();

  /** What to draw. */
  private static final class What {
    @Option(
        names = {"-c", "--class"},
        paramLabel = "CLASSES",
        description = "classes by name or number: 3,7 or 0-9 or cat,dog; all by default")
    private String classes;

    @Option(
        names = "--text-features",
        paramLabel = "FILE",
        description = "features of captions: safetensors with features [n, t, c] and mask [n, t]")
    private Path features;

    @Option(names = "--text", paramLabel = "CAPTION", description = "a caption")
    private String text;
  }

  @Option(
      names = {"-n", "--count"},
      paramLabel = "N",
      description = "how many pictures; one for each class or caption by default")
  private int count;

  @Option(
      names = "--cfg",
      paramLabel = "S",
      description = "guidance: how strongly the condition counts; 4 for classes, 7.5 for captions")
  private Double guidance;

  @Option(
      names = "--cfg-interval",
      paramLabel = "K",
      defaultValue = "-1",
      description = "guide only the first K + 2 codes; -1, the default, for all")
  private int guidanceInterval;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      defaultValue = "1",
      description = "divides the logits; 1 by default")
  private double temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description =
          "draw among the K likeliest codes only; 0 for all; 1 is greedy; 2000 for classes, 1000"
              + " for captions")
  private Integer topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      defaultValue = "1",
      description = "draw among the likeliest codes that together reach P; 1, the default, for all")
  private double topP;

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "0",
      description = "of the draws; 0 by default")
  private long seed;

  @Option(
      names = {"-b", "--batch"},
      paramLabel = "N",
      defaultValue = "8",
      description = "pictures drawn at once; 8 by default")
  private int batch;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE.png",
      description = "the picture of all pictures; samples.png by default")
  private Path out;

  @Option(
      names = "--images-out",
      paramLabel = "FOLDER",
      description = "each picture as a PNG of its own, in a folder for its class")
  private Path imagesOut;

  @Option(
      names = "--tokens-out",
      paramLabel = "FILE.json",
      description = "the codes, as {\"tokens\": [[…], …]}")
  private Path tokensOut;

  @Option(
      names = "--columns",
      paramLabel = "N",
      defaultValue = "0",
      description = "pictures in a row")
  private int columns;

  @Option(
      names = "--zoom",
      paramLabel = "N",
      defaultValue = "1",
      description = "show pixels larger")
  private int zoom;

  @Option(
      names = "--any-tokenizer",
      description = "decode with a tokenizer other than the one that made the codes")
  private boolean anyTokenizer;

  @Option(names = "--json", description = "print what was done as one JSON object")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    check();
    try (Device d = device.open()) {
      Path file = CheckpointFolder.resolve(arch == null ? generator : weights, this::warn);
      Checkpoint about = arch == null ? Checkpoint.read(file) : described();
      Entry entry = CodeSampler.generator(about.check(batch));
      boolean text = entry.inputs().stream().anyMatch(i -> InputKind.of(i) == InputKind.CAPTION);
      Chosen chosen = text ? captions() : classes(about);
      SampleSettings settings =
          new SampleSettings(
              guidance == null ? (text ? 7.5 : 4) : guidance,
              guidanceInterval,
              temperature,
              topK == null ? (text ? 1000 : 2000) : topK,
              topP,
              seed);
      long begin = System.nanoTime();
      int[][] codes = draw(file, about, entry, chosen.conditions(), settings, d);
      double seconds = (System.nanoTime() - begin) * 1e-9;
      Map<String, Object> done = new LinkedHashMap<>();
      done.put("samples", codes.length);
      done.put("codes_per_second", codes.length * (double) codes[0].length / seconds);
      if (tokensOut != null) {
        AtomicFiles.writeBytes(
            tokensOut, new ObjectMapper().writeValueAsBytes(Map.of("tokens", codes)));
        done.put("tokens", tokensOut.toString());
      }
      if (decodes()) {
        Path png = out == null ? Path.of("samples.png") : out;
        decode(about, codes, chosen.labels(), png, d);
        done.put("pictures", png.toString());
        if (imagesOut != null) {
          done.put("images", imagesOut.toString());
        }
      }
      say(done);
    }
    return 0;
  }

  /** What the command line says of the generator whose weights come from elsewhere. */
  private Checkpoint described() {
    Subject s = Subject.of(arch, modelName, parameters, batch);
    return Checkpoint.elsewhere(s.choice(), s.sources());
  }

  private boolean decodes() {
    return tokenizer != null || tokenizerWeights != null;
  }

  private void check() {
    if ((arch == null) == (generator == null)) {
      throw new BadInputException(
          arch == null ? "no generator" : "both " + arch + " and -g",
          "-g CKPT, or F.arch with --weights",
          "");
    }
    if ((arch == null) != (weights == null)) {
      throw new BadInputException(
          arch == null ? "--weights without a model" : arch + " without weights",
          "F.arch -m MODEL --weights W.safetensors",
          "");
    }
    if (tokenizer != null && tokenizerWeights != null) {
      throw new BadInputException("two tokenizers", "-t or --tokenizer-weights", "");
    }
    if (!decodes() && tokensOut == null) {
      throw new BadInputException(
          "nothing to write", "-t TOKENIZER for pictures, or --tokens-out for codes", "");
    }
    if (!decodes() && (out != null || imagesOut != null)) {
      throw new BadInputException(
          (out != null ? "-o" : "--images-out") + " without a tokenizer", "-t TOKENIZER", "");
    }
    if (what.text != null) {
      throw new BadInputException(
          "--text needs a text encoder", "--text-features with features computed elsewhere", "");
    }
    if (batch < 1 || count < 0 || zoom < 1 || columns < 0) {
      throw new BadInputException("a count below 1", "1 or more", "");
    }
  }

  private void warn(String text) {
    spec.commandLine().getErr().println("warning: " + text);
  }

  private record Chosen(Conditions conditions, List<String> labels) {}

  private Chosen captions() {
    if (what.features == null) {
      throw new BadInputException(
          "nothing says what to draw", "--text-features FILE", "the generator draws captions");
    }
    Conditions.Captions all = Conditions.Captions.of(SafetensorsFile.open(what.features));
    return new Chosen(all, List.of());
  }

  private Chosen classes(Checkpoint about) {
    if (what.features != null) {
      throw new BadInputException("--text-features", "--class", "the generator draws classes");
    }
    String known = about.facts().getOrDefault("classes", "");
    List<String> names = known.isEmpty() ? List.of() : List.of(known.split(","));
    Object most = about.check(1).facts().get("classes");
    int classes = most instanceof Number n ? n.intValue() : names.size();
    int[] wanted = ClassList.parse(what.classes, names, classes);
    int[] labels =
        count == 0
            ? wanted
            : IntStream.range(0, count).map(i -> wanted[i % wanted.length]).toArray();
    List<String> shown = new ArrayList<>();
    for (int l : labels) {
      shown.add(l < names.size() ? names.get(l) : String.valueOf(l));
    }
    return new Chosen(new Conditions.Classes(labels), shown);
  }

  private int[][] draw(
      Path file,
      Checkpoint about,
      Entry entry,
      Conditions conditions,
      SampleSettings settings,
      Device d) {
    int rows = Math.min(batch, conditions.size());
    try (LoadedModel model =
            LoadedModel.open(file, about, rows, m -> List.of(settings.request(entry.name())), d);
        ProgressBar bar =
            Terminal.bar("sample", (long) conditions.size() * entry.generated(), "code")) {
      CodeSampler sampler = new CodeSampler(model.session(), model.plan(), model.model(), rows);
      return sampler.sample(conditions, settings, bar::update);
    }
  }

  private void decode(Checkpoint about, int[][] codes, List<String> labels, Path png, Device d)
      throws IOException {
    int rows = Math.min(batch, codes.length);
    try (LoadedModel model =
        tokenizer != null
            ? Tokenizer.load(tokenizer, rows, d, "decode")
            : Tokenizer.load(tokenizerWeights, Tokenizer.named(about), rows, d, "decode")) {
      String made = about.facts().get("tokenizer");
      if (made != null && !made.equals(model.identity()) && !anyTokenizer) {
        throw BadInputException.in(
            model.file(),
            "tokenizer " + model.identity(),
            "tokenizer " + made + ", whose codes the generator learned",
            "name the checkpoint that `lgc tokenize` used, or add --any-tokenizer");
      }
      List<Picture> pictures = Tokenizer.of(model).decode(codes);
      int across = columns > 0 ? columns : (int) Math.ceil(Math.sqrt(pictures.size()));
      PngGrid.of(pictures, across).labels(labels).zoom(zoom).write(png);
      if (imagesOut != null) {
        for (int i = 0; i < pictures.size(); i++) {
          Path folder = labels.isEmpty() ? imagesOut : imagesOut.resolve(labels.get(i));
          Files.createDirectories(folder);
          PngGrid.write(pictures.get(i), folder.resolve("%05d.png".formatted(i)));
        }
      }
    }
  }

  private void say(Map<String, Object> done) {
    PrintWriter o = spec.commandLine().getOut();
    if (json) {
      o.println(JsonText.of(done));
    } else {
      done.forEach(
          (k, v) -> o.println(k + ": " + (v instanceof Double x ? "%.1f".formatted(x) : v)));
    }
    o.flush();
  }
}
