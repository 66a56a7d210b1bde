package dev.lgc.runtime.cli;

import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.CodeCacheInfo;
import dev.lgc.runtime.data.CodeHistogram;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.dist.Exchange;
import dev.lgc.runtime.dist.HostShare;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.memory.MemoryBounds;
import dev.lgc.runtime.model.LoadedModel;
import dev.lgc.runtime.report.ProgressBar;
import dev.lgc.runtime.report.Terminal;
import dev.lgc.runtime.sample.CodeExtractor;
import dev.lgc.runtime.sample.PictureVersions;
import dev.lgc.runtime.sample.Tokenizer;
import dev.lgc.runtime.train.BadPictures;
import dev.lgc.runtime.train.OpenResources;
import dev.lgc.runtime.train.Pictures;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;

/**
 * Tokenizing as each rank does it. Rank 0 alone writes, and says how it goes.
 *
 * @param options the tokenizer and the pictures
 * @param device that computes
 * @param versions of each picture
 * @param batch images that are encoded at once
 * @param outputs the files of codes, by the name of what is encoded: {@link #TRAIN}, and perhaps
 *     {@link #HELD_OUT}
 * @param ranks closed at the end
 */
record Tokenizing(
    PictureOptions options,
    DeviceOptions device,
    PictureVersions versions,
    int batch,
    Map<String, Path> outputs,
    Ranks ranks) {
  static final String TRAIN = "pictures";
  static final String HELD_OUT = "held-out pictures";

  /**
   * The facts of the codes that were written.
   *
   * @param facts by name
   * @param folders contents of the folders of pictures
   * @param bad pictures without codes
   */
  record Result(Map<String, Object> facts, Map<String, Object> folders, BadPictures bad) {}

  /**
   * Encodes all pictures. Several ranks that are interrupted end together; one alone ends at once.
   *
   * @param check of the outputs, by rank 0
   * @param err where rank 0 says how it goes
   * @return empty if interrupted
   */
  Optional<Result> run(Runnable check, PrintWriter err) throws IOException {
    PrintWriter told = ranks.rank() == 0 ? err : new PrintWriter(Writer.nullWriter());
    return CommonEnd.of(ranks, () -> encode(check, told));
  }

  private Optional<Result> encode(Runnable check, PrintWriter told) throws IOException {
    try (OpenResources open = new OpenResources()) {
      Optional<Interrupt> interrupt =
          ranks.size() == 1 ? Optional.empty() : Optional.of(open.add(new Interrupt(_ -> {})));
      HostShare host = HostShare.of(ranks);
      onFirst(Executors.callable(check));
      Device d = open.add(together(() -> device.open(ranks, host)));
      MemoryBounds bounds = MemoryBounds.here().sharedBy(host.ranks());
      LoadedModel model =
          open.add(together(() -> options.load(options.plan(batch, d, told), 0, bounds, d, told)));
      Pictures all = together(() -> options.open(Tokenizer.of(model).side(), told));
      Map<String, PictureSource> sources = together(() -> sources(all));
      onFirst(() -> refuseBad(all, told, interrupt));
      CodeExtractor extractor = new CodeExtractor(model, versions, ranks, CommonEnd::text);
      extractor.requireSame(Devices.common(d), sources);
      Result result = new Result(new LinkedHashMap<>(), all.json(), PictureOptions.bad(all, told));
      for (String what : sources.keySet()) {
        if (!encode(extractor, what, sources.get(what), interrupt, result)) {
          interrupted(interrupt.orElseThrow(), outputs.get(what), told);
          return Optional.empty();
        }
      }
      ranks.close();
      return Optional.of(result);
    }
  }

  private Map<String, PictureSource> sources(Pictures all) {
    Map<String, PictureSource> sources = new LinkedHashMap<>();
    sources.put(TRAIN, all.train());
    if (outputs.containsKey(HELD_OUT)) {
      sources.put(HELD_OUT, options.heldOut(all));
    }
    return sources;
  }

  private boolean refuseBad(Pictures all, PrintWriter told, Optional<Interrupt> interrupt) {
    try {
      options.refuseBad(all, told, () -> stops(interrupt));
      return true;
    } catch (PictureCheck.Stopped e) {
      return false; // encoding stops, too
    }
  }

  /** Encodes some pictures; returns false if interrupted. */
  private boolean encode(
      CodeExtractor extractor,
      String what,
      PictureSource source,
      Optional<Interrupt> interrupt,
      Result result)
      throws IOException {
    Path to = outputs.get(what);
    Optional<CodeCacheInfo> info;
    if (ranks.rank() == 0) {
      try (ProgressBar bar = Terminal.bar("tokenize", source.size(), "picture")) {
        info = extractor.extract(source, to, result.bad().telling(bar), () -> stops(interrupt));
      }
    } else {
      info = extractor.extract(source, to, _ -> {}, () -> stops(interrupt));
    }
    if (info.isEmpty()) {
      return false;
    }
    String prefix = what.equals(HELD_OUT) ? "held_out_" : "";
    Map<String, Object> facts = result.facts();
    facts.put(prefix + "codes", to.toString());
    facts.put(prefix + "pictures", info.get().count());
    facts.put("crops", info.get().crops());
    facts.put("tokens", info.get().tokens());
    facts.put("codebook", info.get().codebook());
    facts.put("tokenizer", info.get().fingerprint());
    onFirst(
            () -> {
              try (CodeCache cache = CodeCache.open(to)) {
                return CodeHistogram.of(cache);
              }
            })
        .ifPresent(
            codes -> {
              facts.put(prefix + "codebook_usage", codes.usage());
              facts.put(prefix + "entropy_of_a_code", codes.entropy());
            });
    return true;
  }

  private static boolean stops(Optional<Interrupt> interrupt) {
    return interrupt.map(Interrupt::isStopping).orElse(false);
  }

  private void interrupted(Interrupt interrupt, Path unwritten, PrintWriter told) {
    Interrupt.stopped(Exchange.most(ranks, interrupt.stoppedBy()));
    told.println("interrupted: " + unwritten + " was not written");
    told.flush();
    ranks.close(); // an interrupted program is gone once its work is closed
  }

  private <T> T together(Callable<T> work) {
    return SharedFailure.orNone(ranks, work, CommonEnd::text);
  }

  /** The result of work for rank 0 alone, on rank 0. */
  private <T> Optional<T> onFirst(Callable<T> work) {
    return together(() -> ranks.rank() == 0 ? Optional.ofNullable(work.call()) : Optional.empty());
  }
}
