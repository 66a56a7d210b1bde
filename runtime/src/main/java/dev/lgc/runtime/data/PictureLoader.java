package dev.lgc.runtime.data;

import dev.lgc.dsl.text.Text;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Batches of cropped pictures, made ahead of time by one background thread, so that a training step
 * only copies.
 *
 * <p>Sample {@code p} of the run (counted over all ranks, from 0) is picture {@link
 * SampleOrder#at}{@code (p)}, cropped and flipped by draws keyed by the seed and {@code p}. A step
 * has the same samples however many ranks share it, each the neighbouring batches that its {@link
 * RankShare} says. Epochs follow each other without a gap, so no picture is ever dropped.
 *
 * <p>A picture that cannot be read keeps its place in the order; whenever its turn comes, another
 * is drawn there by the seed and the sample's number ({@link SampleOrder#instead}). So all ranks,
 * and runs that are resumed, agree without a list of what is bad. Crop and flip are those of the
 * sample.
 *
 * <p>For one caller's thread.
 */
public final class PictureLoader implements AutoCloseable {
  private static final int AHEAD = 3;
  private static final long CROP = 0x63726f70;
  private static final long FLIP = 0x666c6970;

  private final PictureSource source;
  private final Settings settings;
  private final SampleOrder order;
  private final PictureReader reader;
  private final Arena arena = Arena.ofShared();
  private final BlockingQueue<Slot> empty = new ArrayBlockingQueue<>(AHEAD);
  private final BlockingQueue<Slot> full = new ArrayBlockingQueue<>(AHEAD);
  private final Thread thread;
  private final long start;
  private long delivered;
  private Throwable failed;

  /** The ways in which pictures become squares. */
  public enum Crop {
    /** {@link Crops#center}: always the same. */
    CENTER,
    /** {@link Crops#random}: another part each time. */
    RANDOM
  }

  /**
   * The settings of a loader.
   *
   * @param batch samples in a batch of this rank, at least 1
   * @param side pixels of a side of what is loaded
   * @param seed of order, crops and flips
   * @param shuffle false for the order of the source
   * @param crop how pictures become squares
   * @param flip whether each sample is mirrored with probability one half
   * @param least smallest share of the shorter side in a random crop
   * @param most largest share
   * @param share of the rank that loads
   */
  public record Settings(
      int batch,
      int side,
      long seed,
      boolean shuffle,
      Crop crop,
      boolean flip,
      double least,
      double most,
      RankShare share) {
    public Settings {
      if (batch < 1 || side < 1) {
        throw new IllegalArgumentException(Text.format("batch %d, side %d", batch, side));
      }
    }

    /**
     * As the reference trains its tokenizer: shuffled, random crops of 0.8 to 1, flips; one rank.
     */
    public static Settings training(int batch, int side, long seed) {
      return new Settings(batch, side, seed, true, Crop.RANDOM, true, 0.8, 1, RankShare.WHOLE);
    }

    /** In the source's order, centre crops, no flips; one rank. */
    public static Settings inOrder(int batch, int side) {
      return new Settings(batch, side, 0, false, Crop.CENTER, false, 1, 1, RankShare.WHOLE);
    }

    /** The same for one rank of several. */
    public Settings with(RankShare share) {
      return new Settings(batch, side, seed, shuffle, crop, flip, least, most, share);
    }

    /** The same with another crop and flip. */
    public Settings with(Crop crop, boolean flip) {
      return new Settings(batch, side, seed, shuffle, crop, flip, least, most, share);
    }

    /** The longest that a picture's shorter side is scaled to. */
    int scaledSide() {
      return crop == Crop.CENTER ? side : (int) Math.ceil(side / least);
    }

    /** Bytes of the pixels of a batch: f32 {@code [batch, 3, side, side]}. */
    public long pixelBytes() {
      return 12L * batch * side * side;
    }

    /** Bytes of the batches that a loader makes ahead. */
    public long aheadBytes() {
      return AHEAD * (pixelBytes() + 4L * batch);
    }
  }

  /** A batch in the making. */
  private static final class Slot {
    final MemorySegment pixels;
    final MemorySegment labels;

    /** A RuntimeException or an Error; null if it was filled. */
    Throwable failed;

    Slot(Arena arena, Settings settings) {
      pixels = arena.allocate(settings.pixelBytes(), 64);
      labels = arena.allocate(4L * settings.batch, 64);
    }
  }

  /**
   * Starts loading.
   *
   * @param position samples drawn so far by all ranks: 0, or what {@link #position} said between
   *     two steps
   */
  public PictureLoader(PictureSource source, Settings settings, long position) {
    if (position < 0) {
      throw new IllegalArgumentException("position " + position);
    }
    this.source = source;
    this.settings = settings;
    this.reader = new PictureReader(source);
    this.order = new SampleOrder(source.size(), settings.seed, settings.shuffle);
    this.start = position;
    for (int i = 0; i < AHEAD; i++) {
      empty.add(new Slot(arena, settings));
    }
    this.thread = Thread.ofPlatform().name("lgc-loader").daemon().unstarted(this::load);
    thread.start();
  }

  /**
   * Copies the next batch to the caller, waiting for it if need be.
   *
   * @param pixels f32 {@code [batch, 3, side, side]} in [-1, 1], native order; {@link
   *     Settings#pixelBytes} bytes
   * @param labels i32 {@code [batch]}, native order
   * @throws dev.lgc.runtime.io.BadInputException if there is no picture left that can be read
   */
  public void next(MemorySegment pixels, MemorySegment labels) {
    if (failed != null) {
      throw again(failed);
    }
    Slot slot;
    try {
      slot = full.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for data", e);
    }
    if (slot.failed != null) {
      failed = slot.failed;
      throw again(failed);
    }
    MemorySegment.copy(slot.pixels, 0, pixels, 0, slot.pixels.byteSize());
    MemorySegment.copy(slot.labels, 0, labels, 0, slot.labels.byteSize());
    empty.add(slot);
    delivered++;
  }

  private static RuntimeException again(Throwable failed) {
    if (failed instanceof Error e) {
      throw e;
    }
    return (RuntimeException) failed;
  }

  /**
   * Samples that all ranks together have been given: save it, and a loader started with it goes on.
   */
  public long position() {
    return start + settings.share.samples(delivered, settings.batch);
  }

  /** The epoch that the next sample belongs to, from 0. */
  public long epoch() {
    return order.epoch(position());
  }

  /** Stops the background thread and frees the buffers. */
  @Override
  public void close() {
    thread.interrupt();
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    arena.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void load() {
    Crops crops = new Crops();
    Picture whole = Picture.forCrops(settings.scaledSide());
    Picture square = new Picture();
    try {
      for (long n = 0; ; n++) {
        Slot slot = empty.take();
        try {
          fill(slot, settings.share.first(start, n, settings.batch), crops, whole, square);
        } catch (RuntimeException | Error e) { // or whoever waits would wait for ever
          slot.failed = e;
        }
        full.put(slot);
        if (slot.failed != null) {
          return;
        }
      }
    } catch (InterruptedException e) {
      return; // closed
    }
  }

  private void fill(Slot slot, long first, Crops crops, Picture whole, Picture square)
      throws InterruptedException {
    long pictureBytes = settings.pixelBytes() / settings.batch;
    for (int i = 0; i < settings.batch; i++) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      long sample = first + i;
      int index = reader.read(order, sample, whole);
      crop(crops, whole, sample, square);
      Crops.toTensor(square, slot.pixels, i * pictureBytes);
      slot.labels.setAtIndex(ValueLayout.JAVA_INT, i, source.label(index));
    }
  }

  private void crop(Crops crops, Picture whole, long sample, Picture square) {
    switch (settings.crop) {
      case CENTER -> crops.center(whole, settings.side, square);
      case RANDOM -> {
        long seed = CounterRandom.bits(settings.seed, CROP, sample);
        crops.random(whole, settings.side, settings.least, settings.most, seed, square);
      }
    }
    if (settings.flip && CounterRandom.bits(settings.seed, FLIP, sample) < 0) {
      square.flip();
    }
  }
}
