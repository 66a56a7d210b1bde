package dev.lgc.runtime.sample;

import dev.lgc.runtime.data.Crops;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.TransientFailureException;
import java.lang.foreign.MemorySegment;

/**
 * Encodes pictures chunk by chunk. A chunk has as few pictures as fill whole batches of the
 * tokenizer, and no batch has pictures of two chunks: so a picture has the same place in its batch
 * whichever rank encodes it, and however many there are.
 */
final class ChunkEncoder {
  private final Tokenizer tokenizer;
  private final PictureVersions versions;
  private final PictureSource source;
  private final int side;
  private final Crops crops = new Crops();
  private final Picture whole;
  private final Picture cut = new Picture();

  /** Of each row of the batch: the picture's place in its chunk, and the version of it. */
  private final int[] pictures;

  private final int[] numbers;
  private int rows;

  ChunkEncoder(Tokenizer tokenizer, PictureVersions versions, PictureSource source) {
    this.tokenizer = tokenizer;
    this.versions = versions;
    this.source = source;
    side = tokenizer.side();
    whole = Picture.forCrops(versions.whole(side));
    pictures = new int[tokenizer.batch()];
    numbers = new int[tokenizer.batch()];
  }

  /** Pictures of a chunk but the last: the fewest whose versions fill whole batches. */
  int pictures() {
    return tokenizer.batch() / divisor(tokenizer.batch(), versions.count());
  }

  private static int divisor(int a, int b) {
    return b == 0 ? a : divisor(b, a % b);
  }

  /**
   * The chunk that begins with a picture, with nothing encoded yet; none of its pictures is behind
   * the source's last.
   */
  EncodedChunk chunk(long first) {
    int begin = (int) Math.min(first, source.size());
    int size = Math.min(pictures(), source.size() - begin);
    return new EncodedChunk(begin, size, versions.count() * tokenizer.tokens());
  }

  /**
   * Encodes the pictures of a chunk.
   *
   * @throws TransientFailureException if it is not a picture that fails
   */
  void encode(EncodedChunk chunk) {
    for (int i = 0; i < chunk.size(); i++) {
      try {
        source.read(chunk.first() + i, whole);
      } catch (TransientFailureException e) {
        throw e;
      } catch (BadInputException e) {
        chunk.fail(i, e);
        continue;
      }
      for (int version = 0; version < versions.count(); version++) {
        versions.cut(crops, whole, side, version, cut);
        tokenizer.put(cut, rows);
        pictures[rows] = i;
        numbers[rows++] = version;
        if (rows == tokenizer.batch()) {
          encodeRows(chunk);
        }
      }
    }
    if (rows > 0) {
      encodeRows(chunk);
    }
  }

  private void encodeRows(EncodedChunk chunk) {
    for (int r = rows; r < tokenizer.batch(); r++) {
      tokenizer.put(cut, r); // not what an earlier batch had, which differs from rank to rank
    }
    int tokens = tokenizer.tokens();
    MemorySegment codes = tokenizer.encode();
    for (int r = 0; r < rows; r++) {
      int[] row = tokenizer.row(codes, r);
      System.arraycopy(row, 0, chunk.codes(pictures[r]), numbers[r] * tokens, tokens);
    }
    rows = 0;
  }
}
