package dev.lgc.runtime.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.CodeLoader;
import dev.lgc.runtime.data.PictureLoader;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.InputKind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A source of the parts of batches, each of which it puts into the same {@link Batch}. Its data is
 * a function of the seed and of the position, a count of samples, which a checkpoint keeps.
 */
sealed interface BatchLoader extends AutoCloseable {
  /** Delivers the next part of a batch. */
  void next();

  /** Samples delivered since the run began. */
  long position();

  /** Samples in an epoch. */
  int size();

  /** A checksum of what there is to learn from, or of some of it: other data have another. */
  String digest();

  @Override
  void close();

  /** Pictures and their labels. */
  final class OfPictures implements BatchLoader {
    private final PictureLoader loader;
    private final PictureSource source;
    private final MemorySegment pixels;
    private final MemorySegment labels;

    OfPictures(Batch batch, PictureSource source, PictureLoader.Settings settings, long position) {
      TensorType t = require(batch, InputKind.IMAGE, "pictures (`data`)");
      if (t.shape().dim(2) != settings.side() || t.shape().dim(3) != settings.side()) {
        throw new BadInputException(
            Text.format("pictures of %d by %d", settings.side(), settings.side()),
            Text.format("%d by %d, which the model takes", t.shape().dim(3), t.shape().dim(2)),
            "change `data.image`, or leave it out");
      }
      this.pixels = batch.get(InputKind.IMAGE);
      this.labels = batch.orScratch(InputKind.LABEL, 4L * settings.batch());
      this.source = source;
      this.loader = new PictureLoader(source, settings, position);
    }

    @Override
    public void next() {
      loader.next(pixels, labels);
    }

    @Override
    public long position() {
      return loader.position();
    }

    @Override
    public int size() {
      return source.size();
    }

    /** Of the names of all pictures and their classes. */
    @Override
    public String digest() {
      return source.digest();
    }

    @Override
    public void close() {
      loader.close();
    }
  }

  /** Codes and labels, or codes and captions. */
  final class OfCodes implements BatchLoader {
    private static final int LOOKED_AT = 1000;

    private final Batch batch;
    private final Optional<Captions> captions;
    private final CodeCache cache;
    private final CodeLoader loader;
    private final int[] numbers;
    private final MemorySegment codes;
    private final MemorySegment labels;

    /**
     * Takes over {@code cache} and {@code captions}.
     *
     * @param loader of the cache
     * @param numbers of the cache's labels in the model; empty if they are the same
     */
    OfCodes(
        Batch batch,
        CodeCache cache,
        CodeLoader loader,
        int[] numbers,
        Optional<Captions> captions) {
      TensorType t = require(batch, InputKind.CODES, "codes (`codes`)");
      if (t.shape().dim(1) != cache.info().tokens()) {
        throw new BadInputException(
            "pictures of " + cache.info().tokens() + " codes",
            t.shape().dim(1) + " codes, which the model takes",
            "tokenize with another image size, or change the model's");
      }
      if (batch.type(InputKind.CAPTION) != null && captions.isEmpty()) {
        throw new BadInputException(
            "codes without captions, which the model is trained with",
            "`captions` in `codes`: a file of text features",
            "docs/training.md says how to make one");
      }
      this.batch = batch;
      this.captions = captions;
      this.cache = cache;
      this.numbers = numbers.clone();
      this.codes = batch.get(InputKind.CODES);
      this.labels = batch.orScratch(InputKind.LABEL, 4L * loader.samples());
      this.loader = loader;
    }

    @Override
    public void next() {
      loader.next(codes, labels);
      if (numbers.length > 0) {
        for (int i = 0; i < loader.samples(); i++) {
          int label = labels.getAtIndex(ValueLayout.JAVA_INT, i);
          labels.setAtIndex(ValueLayout.JAVA_INT, i, numbers[label]);
        }
      }
      if (captions.isPresent()) {
        for (int i = 0; i < loader.samples(); i++) {
          captions.get().write(loader.picture(i), i, batch);
        }
      }
    }

    @Override
    public long position() {
      return loader.position();
    }

    @Override
    public int size() {
      return cache.info().count();
    }

    /** Of some pictures' codes and classes. */
    @Override
    public String digest() {
      CRC32C sum = new CRC32C();
      int[] some = new int[cache.info().tokens()];
      for (int i : EvenIndices.of(Math.min(LOOKED_AT, size()), size())) {
        cache.codes(i, 0, some);
        sum.update((cache.label(i) + Arrays.toString(some)).getBytes(UTF_8));
      }
      return Long.toHexString(sum.getValue());
    }

    @Override
    public void close() {
      captions.ifPresent(Captions::close);
      cache.close();
    }
  }

  /** The type of what the run feeds, which some objective must take. */
  static TensorType require(Batch batch, InputKind kind, String what) {
    TensorType t = batch.type(kind);
    if (t == null) {
      throw new BadInputException(
          "the run provides " + what + ", which no objective of the model takes",
          "",
          "pictures train tokenizers, codes train generators");
    }
    return t;
  }
}
