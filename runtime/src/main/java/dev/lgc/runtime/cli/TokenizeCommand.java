package dev.lgc.runtime.cli;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.CodeCacheInfo;
import dev.lgc.runtime.data.CodeHistogram;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.model.LoadedModel;
import dev.lgc.runtime.report.JsonText;
import dev.lgc.runtime.report.ProgressBar;
import dev.lgc.runtime.report.Terminal;
import dev.lgc.runtime.sample.CodeExtractor;
import dev.lgc.runtime.sample.Tokenizer;
import dev.lgc.runtime.train.BadPictures;
import dev.lgc.runtime.train.Pictures;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lgc tokenize}. */
@Command(
    name = "tokenize",
    mixinStandardHelpOptions = true,
    description = {
      "Encodes images as codes with a trained tokenizer; a generator is trained on " + "them."
    },
    footer = {
      "",
      "Examples:",
      "  lgc tokenize tokenizer.yaml -o train.codes --held-out val.codes --flip",
      "  lgc tokenize --tokenizer out/tokenizer --pictures photos --ten-crop -o photos.codes"
    })
final class TokenizeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private PictureOptions pictures;
  @Mixin private DeviceOptions device;

  @Output
  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "FILE",
      description = "the file to write the codes to")
  private Path out;

  @Output
  @Option(
      names = "--held-out",
      paramLabel = "FILE",
      description = "the file to write the codes of the run's held-out images to")
  private Path heldOut;

  @Option(
      names = "--ten-crop",
      description = "encode ten crops of each image, as the reference does")
  private boolean ten;

  @Option(
      names = "--crop-range",
      paramLabel = "R",
      defaultValue = "1.1",
      description =
          "with --ten-crop: the factor by which the image is larger than a crop; 1.1 by default")
  @Range(min = 1, max = 10)
  private double range;

  @Option(names = "--flip", description = "encode each image and its mirror image")
  private boolean flip;

  @Option(
      names = {"-b", "--batch"},
      paramLabel = "N",
      defaultValue = "16",
      description = "images that are encoded at once; 16 by default")
  @Range(min = 1, max = RunConfig.MOST_SAMPLES)
  private int batch;

  @Option(names = "--json", description = "print the result as one JSON object")
  private boolean json;

  private LoadedModel load(Device d) {
    PrintWriter err = spec.commandLine().getErr();
    return pictures.load(pictures.plan(batch, err), 0, d, err);
  }

  @Override
  public Integer call() throws IOException {
    Map<String, Object> done = new LinkedHashMap<>();
    Map<String, Object> folders;
    BadPictures bad;
    try (Device d = device.open();
        LoadedModel model = load(d)) {
      int side = Tokenizer.of(model).side();
      CodeExtractor extractor =
          new CodeExtractor(model, new CodeExtractor.Versions(ten, flip, range));
      Pictures all = pictures.open(side, spec.commandLine().getErr());
      folders = all.json();
      Optional<PictureSource> other =
          Optional.ofNullable(heldOut).map(_ -> pictures.heldOut(all)); // before hours of work
      bad = PictureOptions.bad(all, spec.commandLine().getErr());
      extract(extractor, all.train(), bad, out, done, "");
      if (other.isPresent()) {
        extract(extractor, other.get(), bad, heldOut, done, "held_out_");
      }
      if (bad.count() > 0) {
        done.put("bad_pictures", bad.count());
      }
    }
    PrintWriter o = spec.commandLine().getOut();
    if (json) {
      if (!folders.isEmpty()) {
        done.put("folders", folders);
        done.put("bad_pictures", bad.json());
      }
      o.println(JsonText.of(done));
    } else {
      done.forEach((k, v) -> o.println(k + ": " + v));
    }
    o.flush();
    return 0;
  }

  private static void extract(
      CodeExtractor extractor,
      PictureSource source,
      BadPictures bad,
      Path to,
      Map<String, Object> done,
      String prefix)
      throws IOException {
    CodeCacheInfo info;
    try (ProgressBar bar = Terminal.bar("tokenize", source.size(), "picture")) {
      info = extractor.extract(source, to, bad.telling(bar));
    }
    done.put(prefix + "codes", to.toString());
    done.put(prefix + "pictures", info.count());
    done.put("crops", info.crops());
    done.put("tokens", info.tokens());
    done.put("codebook", info.codebook());
    done.put("tokenizer", info.fingerprint());
    try (CodeCache cache = CodeCache.open(to)) {
      CodeHistogram codes = CodeHistogram.of(cache);
      done.put(prefix + "codebook_usage", codes.usage());
      done.put(prefix + "entropy_of_a_code", codes.entropy());
    }
  }
}
