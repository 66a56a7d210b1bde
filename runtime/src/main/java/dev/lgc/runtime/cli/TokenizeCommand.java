package dev.lgc.runtime.cli;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.report.JsonText;
import dev.lgc.runtime.sample.PictureVersions;
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
      "  lgc tokenize --tokenizer out/tokenizer --pictures photos --ten-crop -o photos.codes",
      "  lgc tokenize tokenizer.yaml -o train.codes --ranks 2"
    })
final class TokenizeCommand implements Callable<Integer>, OneProcess.Shared {
  @Spec private CommandSpec spec;
  @Mixin private PictureOptions pictures;
  @Mixin private DeviceOptions device;
  @Mixin private LaunchOption launch;

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

  @Override
  public Integer call() throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    if (launch.startsRanks()) {
      pictures.requireSound(); // a mistake in the run file needs no ranks to be found
      return launch.run(spec, 0, err);
    }
    Map<String, Path> outputs = new LinkedHashMap<>();
    outputs.put(Tokenizing.TRAIN, out);
    if (heldOut != null) {
      outputs.put(Tokenizing.HELD_OUT, heldOut);
    }
    PictureVersions versions = new PictureVersions(ten, flip, range);
    Ranks ranks = RankLauncher.open(System.getenv());
    Optional<Tokenizing.Result> result =
        new Tokenizing(pictures, device, versions, batch, outputs, ranks)
            .run(() -> Outputs.check(spec), err);
    if (ranks.rank() > 0) {
      return 0; // a launcher kills the others where one fails
    }
    result.ifPresent(this::print);
    return result.isPresent() ? 0 : Interrupt.exitCode();
  }

  private void print(Tokenizing.Result result) {
    Map<String, Object> done = new LinkedHashMap<>(result.facts());
    if (result.bad().count() > 0) {
      done.put("bad_pictures", result.bad().count());
    }
    PrintWriter o = spec.commandLine().getOut();
    if (json) {
      if (!result.folders().isEmpty()) {
        done.put("folders", result.folders());
        done.put("bad_pictures", result.bad().json());
      }
      o.println(JsonText.of(done));
    } else {
      done.forEach((k, v) -> o.println(k + ": " + v));
    }
    o.flush();
  }
}
