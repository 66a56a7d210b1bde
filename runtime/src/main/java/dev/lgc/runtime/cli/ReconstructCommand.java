package dev.lgc.runtime.cli;

import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.memory.MemoryBounds;
import dev.lgc.runtime.model.LoadedModel;
import dev.lgc.runtime.model.PlannedModel;
import dev.lgc.runtime.report.GridFile;
import dev.lgc.runtime.report.JsonText;
import dev.lgc.runtime.report.ProgressBar;
import dev.lgc.runtime.report.Terminal;
import dev.lgc.runtime.sample.Reconstruction;
import dev.lgc.runtime.sample.Tokenizer;
import dev.lgc.runtime.train.BadPictures;
import dev.lgc.runtime.train.Pictures;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
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
    description = {
      "Encodes and decodes images with a tokenizer, and measures how well they are "
          + "preserved: PSNR, SSIM and codebook usage."
    },
    footer = {
      "",
      "Examples:",
      "  lgc reconstruct tokenizer.yaml -o reconstructions.png",
      "  lgc reconstruct --tokenizer out/tokenizer --pictures photos --json"
    })
final class ReconstructCommand implements Callable<Integer>, Outputs.ByDefault {
  private static final String GRID = "reconstructions.png";

  @Spec private CommandSpec spec;
  @Mixin private PictureOptions pictures;
  @Mixin private GridOptions grid;
  @Mixin private DeviceOptions device;

  @Option(
      names = {"-n", "--count"},
      paramLabel = "N",
      defaultValue = "0",
      description = "number of images; 0, the default, for all")
  @Range(min = 0, max = 1_000_000_000)
  private int count;

  @Option(
      names = "--show",
      paramLabel = "N",
      defaultValue = "16",
      description = "number of images in the picture that is written; 16 by default")
  @Range(min = 1, max = 10_000)
  private int show;

  @Option(names = "--json", description = "print the scores as one JSON object")
  private boolean json;

  @Override
  public Optional<Path> written() {
    return grid.outGiven() ? Optional.empty() : Optional.of(grid.file(GRID).path());
  }

  /** Writes the grid; says what it leaves out. */
  private Path write(List<Picture> pictures, int columns) throws IOException {
    int side = pictures.stream().mapToInt(Picture::width).max().orElseThrow();
    GridFile file = grid.file(GRID);
    file.leftOut(file.fit(pictures.size(), side, columns, false), pictures.size())
        .ifPresent(t -> spec.commandLine().getErr().println("warning: " + t));
    return file.write(pictures, columns, List.of());
  }

  @Override
  public Integer call() throws IOException {
    Reconstruction r;
    Map<String, Object> folders;
    BadPictures bad;
    PrintWriter err = spec.commandLine().getErr();
    try (Device d = device.open()) {
      PlannedModel planned = pictures.plan(grid.batch(), d, err);
      Pictures opened = pictures.open(Tokenizer.side(planned.model()), err);
      pictures.refuseBad(opened, err, () -> false);
      folders = opened.json();
      bad = PictureOptions.bad(opened, err);
      PictureSource all = opened.heldOut().orElse(opened.train());
      PictureSource source = count > 0 && count < all.size() ? all.range(0, count) : all;
      // Those shown are kept, as they were and as they come back, and once more in the grid.
      long kept = 4L * Math.min(show, source.size());
      try (LoadedModel model = pictures.load(planned, kept, MemoryBounds.here(), d, err);
          ProgressBar bar = Terminal.bar("reconstruct", source.size(), "picture")) {
        r = Reconstruction.of(Tokenizer.of(model), source, show, bad.telling(bar));
      }
    }
    int columns = grid.file(GRID).columns(8);
    Path out = write(r.rows(columns), columns);
    Map<String, Object> done = new LinkedHashMap<>();
    done.put("pictures", r.count());
    done.put("psnr", r.psnr());
    done.put("ssim", r.ssim());
    done.put("codebook_usage", r.usage());
    done.put("out", out.toString());
    PrintWriter o = spec.commandLine().getOut();
    if (json) {
      if (!folders.isEmpty()) {
        done.put("folders", folders);
        done.put("bad_pictures", bad.json());
      }
      o.println(JsonText.of(done));
    } else {
      o.printf(
          Locale.ROOT,
          "%d pictures: PSNR %.2f dB, SSIM %.3f, %.1f %% of the codebook used%n%s%n",
          r.count(),
          r.psnr(),
          r.ssim(),
          100 * r.usage(),
          out);
    }
    o.flush();
    return 0;
  }
}
