package dev.lgc.runtime.sample;

import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.CodeCacheInfo;
import dev.lgc.runtime.data.Crops;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.data.PictureSource;
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
   * Which versions of each picture are encoded.
   *
   * @param ten the corners and the centre, and their mirror images; otherwise the centre
   * @param flip without {@code ten}: its mirror image, too
   * @param range of a ten-crop: how much larger than the crops the picture is scaled
   */
  public record Versions(boolean ten, boolean flip, double range) {
    /** How many. */
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
   * Encodes {@code source} into a new cache at {@code path}.
   *
   * @param progress is told how many pictures are done
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
    try (CodeCache.Writer out = CodeCache.create(path, info)) {
      encodeAll(source, out, progress);
      out.finish();
    }
    return info;
  }

  private void encodeAll(PictureSource source, CodeCache.Writer out, LongConsumer progress)
      throws IOException {
    int side = tokenizer.side();
    int tokens = tokenizer.tokens();
    long all = (long) source.size() * versions.count();
    int[] picture = new int[versions.count() * tokens];
    Crops crops = new Crops();
    Picture whole = new Picture();
    Picture cut = new Picture();
    for (long first = 0; first < all; first += tokenizer.batch()) {
      int rows = (int) Math.min(tokenizer.batch(), all - first);
      for (int r = 0; r < rows; r++) {
        int version = (int) ((first + r) % versions.count());
        if (version == 0 || r == 0) {
          source.read((int) ((first + r) / versions.count()), whole);
        }
        crop(crops, whole, side, version, cut);
        tokenizer.put(cut, r);
      }
      MemorySegment codes = tokenizer.encode();
      for (int r = 0; r < rows; r++) {
        int version = (int) ((first + r) % versions.count());
        System.arraycopy(tokenizer.row(codes, r), 0, picture, version * tokens, tokens);
        if (version == versions.count() - 1) {
          int i = (int) ((first + r) / versions.count());
          out.append(source.label(i), source.name(i), picture);
          progress.accept(i + 1);
        }
      }
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
