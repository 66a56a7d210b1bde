package dev.lgc.runtime;

import dev.lgc.runtime.io.BadInputException;
import java.util.Arrays;
import java.util.Random;

/** Damages files at random; the seed is printed so that a failure can be repeated. */
public final class Fuzz {
  private static final long SECONDS = Long.getLong("lgc.fuzz.seconds", 0);

  private final long begin = System.nanoTime();
  private final long seed;
  private final Random random;

  public Fuzz(String name) {
    this.seed = Long.getLong("lgc.fuzz.seed", System.nanoTime());
    this.random = new Random(seed);
    System.out.println(name + ": fuzz seed " + seed + " (-Dlgc.fuzz.seed=" + seed + ")");
  }

  /**
   * Whether to go on: {@code tries} times, or as long as {@code -Dlgc.fuzz.seconds} says.
   *
   * @param done tries so far
   */
  public boolean goesOn(int done, int tries) {
    return SECONDS > 0 ? System.nanoTime() - begin < SECONDS * 1_000_000_000L : done < tries;
  }

  public Random random() {
    return random;
  }

  /**
   * A damaged copy: cut, grown, bits flipped, or a run of bytes replaced, mostly near the start.
   */
  public byte[] damage(byte[] good) {
    byte[] bad = good.clone();
    switch (random.nextInt(5)) {
      case 0 -> bad = Arrays.copyOf(bad, random.nextInt(bad.length));
      case 1 -> bad = Arrays.copyOf(bad, bad.length + 1 + random.nextInt(64));
      case 2 -> {
        for (int i = random.nextInt(8); i >= 0; i--) {
          bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
        }
      }
      case 3 -> {
        int at = random.nextInt(Math.min(bad.length, 64));
        byte[] noise = new byte[Math.min(1 + random.nextInt(8), bad.length - at)];
        random.nextBytes(noise);
        System.arraycopy(noise, 0, bad, at, noise.length);
      }
      default -> Arrays.fill(bad, random.nextInt(bad.length), bad.length, (byte) random.nextInt());
    }
    return bad;
  }

  /** Runs {@code body}, which may succeed or throw one well-formed BadInputException. */
  public void succeedsOrExplains(Runnable body) {
    try {
      body.run();
    } catch (BadInputException e) {
      if (e.getMessage().isBlank() || e.getMessage().contains("\n")) {
        throw new AssertionError("seed " + seed + ": not one line: " + e.getMessage(), e);
      }
    } catch (Throwable e) {
      throw new AssertionError("seed " + seed + ": " + e, e);
    }
  }
}
