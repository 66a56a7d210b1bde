package dev.lgc.runtime.sample;

import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.CodeCacheInfo;
import dev.lgc.runtime.data.CodeCacheWriter;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.dist.Agreement;
import dev.lgc.runtime.dist.Exchange;
import dev.lgc.runtime.dist.OneRank;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.LoadedModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongConsumer;

/**
 * Pictures to a {@link CodeCache}, as the reference extracts the codes that its generators learn.
 *
 * <p>Ranks share the pictures in rounds: each encodes one chunk of a round ({@link ChunkEncoder}),
 * and while they encode the next, rank 0 writes what it has gathered. So the cache has the same
 * bytes on any number of ranks.
 */
public final class CodeExtractor {
  private final LoadedModel loaded;
  private final Tokenizer tokenizer;
  private final PictureVersions versions;
  private final Ranks ranks;
  private final Function<Throwable, String> text;

  /** With a tokenizer that was loaded for {@code encode} and {@code decode}. */
  public CodeExtractor(LoadedModel loaded, PictureVersions versions) {
    this(loaded, versions, new OneRank(), Throwable::toString);
  }

  /**
   * The same as one of several ranks, each with a tokenizer of its own.
   *
   * @param text of a failure, for the other ranks
   */
  public CodeExtractor(
      LoadedModel loaded, PictureVersions versions, Ranks ranks, Function<Throwable, String> text) {
    this.loaded = loaded;
    this.tokenizer = Tokenizer.of(loaded);
    this.versions = versions;
    this.ranks = ranks;
    this.text = text;
  }

  /**
   * Requires that all ranks are about to encode the same with the same; each asks.
   *
   * @param more that they have to have in common, by what it is; it comes first
   * @param sources pictures, by what they are called
   * @throws SharedFailure on all ranks if they differ
   */
  public void requireSame(Map<String, String> more, Map<String, PictureSource> sources) {
    if (ranks.size() > 1) {
      Map<String, String> all = new LinkedHashMap<>(more);
      all.put("tokenizer", loaded.identity());
      all.put("batch", String.valueOf(tokenizer.batch()));
      all.put("versions of a picture", versions.text());
      sources.forEach(
          (called, source) -> {
            all.put("number of " + called, String.valueOf(source.size()));
            all.put("names and classes of " + called, source.digest());
          });
      Agreement.require(ranks, all);
    }
  }

  /**
   * Encodes {@code source} into a new cache at {@code path}, but for pictures that cannot be read.
   *
   * @param progress is told how many pictures are done
   * @throws BadInputException if none can be read, or a hundred in a row cannot
   */
  public CodeCacheInfo extract(PictureSource source, Path path, LongConsumer progress)
      throws IOException {
    return extract(source, path, progress, () -> false).orElseThrow();
  }

  /**
   * The same until a rank is to stop. Rank 0 writes and tells how it goes.
   *
   * @param stop asked on every rank after each of its chunks
   * @return the facts of the cache, on all ranks; empty if stopped: then nothing is written
   * @throws SharedFailure on all of several ranks if one fails
   */
  public Optional<CodeCacheInfo> extract(
      PictureSource source, Path path, LongConsumer progress, BooleanSupplier stop)
      throws IOException {
    CodeCacheInfo info = together(() -> info(source));
    try (CodeCacheWriter out =
        together(() -> ranks.rank() == 0 ? CodeCache.create(path, info) : null)) {
      CodeCollector collector = new CodeCollector(source, out, progress);
      Rounds rounds = new Rounds(new ChunkEncoder(tokenizer, versions, source), collector);
      for (long first = 0; first < source.size(); first += rounds.pictures()) {
        ranks.progress(first / rounds.pictures(), "encode");
        if (rounds.isLast(first, stop)) {
          return Optional.empty();
        }
      }
      return Optional.of(info.withCount(rounds.finish()));
    }
  }

  private <T> T together(Callable<T> work) {
    return SharedFailure.orNone(ranks, work, text);
  }

  /** Rounds of one chunk from each rank. */
  private final class Rounds {
    private final ChunkEncoder encoder;
    private final CodeCollector collector;

    /** The chunks of the last round, which are not written yet. */
    private List<EncodedChunk> gathered = List.of();

    Rounds(ChunkEncoder encoder, CodeCollector collector) {
      this.encoder = encoder;
      this.collector = collector;
    }

    /** Pictures of a round but the last. */
    long pictures() {
      return (long) encoder.pictures() * ranks.size();
    }

    /**
     * Encodes a round.
     *
     * @param first its first picture
     * @return true if a rank is to stop after it
     */
    boolean isLast(long first, BooleanSupplier stop) {
      EncodedChunk mine = together(() -> encoded(first));
      byte[] bytes = mine.bytes();
      ByteBuffer message = ByteBuffer.allocate(1 + bytes.length);
      message.put((byte) (stop.getAsBoolean() ? 1 : 0)).put(bytes);
      byte[][] said = ranks.gather(message.array());
      boolean stops = false;
      gathered = new ArrayList<>();
      for (int r = 0; r < said.length; r++) {
        ByteBuffer from = ByteBuffer.wrap(said[r]);
        stops |= from.get() != 0;
        if (ranks.rank() == 0) {
          gathered.add(r == 0 ? mine : chunk(first, r).read(from));
        }
      }
      return stops;
    }

    private EncodedChunk encoded(long first) throws IOException {
      write();
      EncodedChunk chunk = chunk(first, ranks.rank());
      encoder.encode(chunk);
      return chunk;
    }

    private EncodedChunk chunk(long first, int rank) {
      return encoder.chunk(first + (long) rank * encoder.pictures());
    }

    private void write() throws IOException {
      for (EncodedChunk chunk : gathered) {
        collector.append(chunk);
      }
      gathered = List.of();
    }

    /** Completes the cache; returns how many pictures it has. */
    int finish() {
      return Exchange.most(
          ranks,
          together(
              () -> {
                write();
                return ranks.rank() == 0 ? collector.finish() : 0;
              }));
    }
  }

  private CodeCacheInfo info(PictureSource source) {
    int tokens = tokenizer.tokens();
    int grid = (int) Math.round(Math.sqrt(tokens));
    boolean square = grid * grid == tokens;
    return new CodeCacheInfo(
        loaded.identity(),
        square ? grid : 1,
        square ? grid : tokens,
        loaded.fact("codes"),
        versions.count(),
        source.size(),
        source.classes());
  }
}
