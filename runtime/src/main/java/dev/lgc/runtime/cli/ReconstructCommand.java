package dev.lgc.runtime.cli;

import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.LoadedModel;
import dev.lgc.runtime.report.PngGrid;
import dev.lgc.runtime.report.ProgressBar;
import dev.lgc.runtime.sample.Reconstruction;
import dev.lgc.runtime.sample.Tokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lgc reconstruct}. */
@Command(
    name = "reconstruct",
    mixinStandardHelpOptions = true,
    description = "Sends pictures through a tokenizer and back, and says what is left of them.",
    footer = {
      "",
      "Examples:",
      "  lgc reconstruct tokenizer.yaml -o reconstructions.png",
      "  lgc reconstruct --tokenizer out/tokenizer --pictures photos --json"
    })
final class ReconstructCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private PictureOptions pictures;
  @Mixin private DeviceOptions device;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE.png",
      defaultValue = "reconstructions.png",
      description = "originals above reconstructions; reconstructions.png by default")
  private Path out;

  @Option(
      names = {"-n", "--count"},
      paramLabel = "N",
      defaultValue = "0",
      description = "how many pictures; 0, the default, for all")
  private int count;

  @Option(
      names = "--show",
      paramLabel = "N",
      defaultValue = "16",
      description = "how many of them are drawn; 16 by default")
  private int show;

  @Option(
      names = {"-b", "--batch"},
      paramLabel = "N",
      defaultValue = "8",
      description = "pictures at once; 8 by default")
  private int batch;

  @Option(
      names = "--zoom",
      paramLabel = "N",
      defaultValue = "1",
      description = "show pixels larger")
  private int zoom;

  @Option(names = "--json", description = "print the scores as one JSON object")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    if (batch < 1 || zoom < 1 || show < 1 || count < 0) {
      throw new BadInputException("a count below 1", "1 or more", "");
    }
    Reconstruction r;
    try (Device d = device.open();
        LoadedModel model = Tokenizer.load(pictures.checkpoint(), batch, d, "encode", "decode")) {
      PictureSource all = pictures.unseen(Tokenizer.of(model).side());
      PictureSource source = count > 0 && count < all.size() ? all.range(0, count) : all;
      try (ProgressBar bar = Terminal.bar("reconstruct", source.size(), "picture")) {
        r = Reconstruction.of(Tokenizer.of(model), source, show, bar::update);
      }
    }
    PngGrid.of(r.rows(8), 8).zoom(zoom).write(out);
    Map<String, Object> done = new LinkedHashMap<>();
    done.put("pictures", r.count());
    done.put("psnr", r.psnr());
    done.put("ssim", r.ssim());
    done.put("codebook_usage", r.usage());
    done.put("out", out.toString());
    PrintWriter o = spec.commandLine().getOut();
    if (json) {
      o.println(JsonText.of(done));
    } else {
      o.printf(
          "%d pictures: PSNR %.2f dB, SSIM %.3f, %.1f %% of the codebook used%n%s%n",
          r.count(), r.psnr(), r.ssim(), 100 * r.usage(), out);
    }
    o.flush();
    return 0;
  }
}
