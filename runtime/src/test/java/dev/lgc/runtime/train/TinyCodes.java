package dev.lgc.runtime.train;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.CodeCacheInfo;
import dev.lgc.runtime.data.CodeCacheWriter;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.model.LoadedModel;
import dev.lgc.runtime.model.WeightsListener;
import dev.lgc.runtime.sample.CodeExtractor;
import dev.lgc.runtime.sample.PictureVersions;
import dev.lgc.runtime.sample.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Codes for the smallest generator: those of class {@code name} are all of one number. */
public final class TinyCodes {
  private TinyCodes() {}

  /** Writes two pictures of each class. */
  public static Path write(Path path, String... classes) {
    CodeCacheInfo info = new CodeCacheInfo("f00d", 2, 2, 16, 1, 0, List.of(classes));
    try (CodeCacheWriter out = CodeCache.create(path, info)) {
      for (int label = 0; label < classes.length; label++) {
        int[] codes = new int[4];
        Arrays.fill(codes, code(classes[label]));
        out.append(label, codes);
        out.append(label, codes);
      }
      out.finish();
      return path;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes those that a tokenizer makes of the pictures it was trained on. */
  static void make(RunFile run, Path tokenizer, Path codes) throws IOException {
    try (Device device = new CpuDevice(1);
        LoadedModel model =
            Tokenizer.load(tokenizer, 8, device, new WeightsListener() {}, "encode", "decode")) {
      RunConfig.Data data = run.config().data().orElseThrow();
      PictureSource pictures = Pictures.open(run, data, 8, run.config().seed()).train();
      new CodeExtractor(model, PictureVersions.CENTRE).extract(pictures, codes, n -> {});
    }
  }

  /** The code that pictures of class {@code name} consist of. */
  public static int code(String name) {
    return Math.floorMod(name.hashCode(), 16);
  }
}
