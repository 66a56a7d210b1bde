package dev.lgc.runtime.sample;

import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.CodeCacheInfo;
import dev.lgc.runtime.data.CodeCacheWriter;
import dev.lgc.runtime.data.Crops;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.data.PictureReader;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.LoadedModel;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/**
 * Pictures to a {@link CodeCache}, as the reference extracts the codes that its generators learn.
 */
public final class CodeExtractor {
  /**
   * The versions of each picture that are encoded.
   *
   * @param ten the corners and the centre, and their mirror images; otherwise the centre
   * @param flip without {@code ten}: its mirror image, too
   * @param range of a ten-crop: how much larger than the crops the picture is scaled
   */
  public record Versions(boolean ten, boolean flip, double range) {
    /** The number of versions. */
    public int count() {
      return ten ? Crops.TEN : flip ? 2 : 1;
    }
  }

  private final LoadedModel loaded;
  private final Tokenizer tokenizer;
  private final Versions versions;

  /** With a tokenizer that was loaded for {@code encode} and {@code decode}. */
  public CodeExtractor(LoadedModel loaded, Versions versions) {
    this.loaded = loaded;
    this.tokenizer = Tokenizer.of(loaded);
    this.versions = versions;
  }

  /**
   * Encodes {@code source} into a new cache at {@code path}, but for pictures that cannot be read.
   *
   * @param progress is told how many pictures are done
   * @throws BadInputException if none can be read, or a hundred in a row cannot
   */
  public CodeCacheInfo extract(PictureSource source, Path path, LongConsumer progress)
      throws IOException {
    int tokens = tokenizer.tokens();
    int grid = (int) Math.round(Math.sqrt(tokens));
    boolean square = grid * grid == tokens;
    CodeCacheInfo info =
        new CodeCacheInfo(
            loaded.identity(),
            square ? grid : 1,
            square ? grid : tokens,
            loaded.fact("codes"),
            versions.count(),
            source.size(),
            source.classes());
    int count;
    try (CodeCacheWriter out = CodeCache.create(path, info)) {
      Encoding encoding = new Encoding(source, out);
      encoding.all(progress);
      count = encoding.count;
      out.finish();
    }
    return info.withCount(count);
  }

  /** Pictures on their way into a cache: as many versions at once as the tokenizer takes. */
  private final class Encoding {
    private final PictureSource source;
    private final CodeCacheWriter out;
    private final int[] picture = new int[versions.count() * tokenizer.tokens()];

    /** Of each row of the batch: the picture's index, and which version of it the row is. */
    private final int[] pictures = new int[tokenizer.batch()];

    private final int[] numbers = new int[tokenizer.batch()];
    private int rows;
    private int count;

    Encoding(PictureSource source, CodeCacheWriter out) {
      this.source = source;
      this.out = out;
    }

    void all(LongConsumer progress) throws IOException {
      PictureReader reader = new PictureReader(source);
      Crops crops = new Crops();
      int side = tokenizer.side();
      Picture whole = Picture.forCrops(versions.ten() ? (int) (side * versions.range()) : side);
      Picture cut = new Picture();
      for (int i = 0; i < source.size(); i++) {
        if (reader.read(i, whole)) {
          for (int version = 0; version < versions.count(); version++) {
            crop(crops, whole, side, version, cut);
            tokenizer.put(cut, rows);
            pictures[rows] = i;
            numbers[rows++] = version;
            if (rows == tokenizer.batch()) {
              encode();
            }
          }
        }
        progress.accept(i + 1);
      }
      encode();
      if (count == 0) {
        throw new BadInputException("none of the pictures can be read", "at least one", "");
      }
    }

    private void encode() throws IOException {
      if (rows == 0) {
        return;
      }
      int tokens = tokenizer.tokens();
      MemorySegment codes = tokenizer.encode();
      for (int r = 0; r < rows; r++) {
        System.arraycopy(tokenizer.row(codes, r), 0, picture, numbers[r] * tokens, tokens);
        if (numbers[r] == versions.count() - 1) {
          out.append(source.label(pictures[r]), source.name(pictures[r]), picture);
          count++;
        }
      }
      rows = 0;
    }
  }

  private void crop(Crops crops, Picture whole, int side, int version, Picture into) {
    if (versions.ten()) {
      crops.ten(whole, side, versions.range(), version, into);
      return;
    }
    crops.center(whole, side, into);
    if (version == 1) {
      into.flip();
    }
  }
}
