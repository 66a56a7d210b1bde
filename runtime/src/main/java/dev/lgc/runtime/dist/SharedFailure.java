package dev.lgc.runtime.dist;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.BadInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;

/**
 * A failure that every rank of a run knows of and ends by, in order. Rank 0 tells the user: its
 * {@link #getCause cause} is what there is to tell. A failure that one rank alone knows of ends the
 * others by {@link Ranks#abort}.
 */
public final class SharedFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A failure that happened on every rank, as what they compute alike fails alike. */
  public SharedFailure(RuntimeException cause) {
    super(cause.getMessage(), cause);
  }

  /** The failure, as this one rank of a run has it. */
  public RuntimeException why() {
    return (RuntimeException) getCause();
  }

  /**
   * Does what may fail on some ranks, on all of them, and goes on if it failed on none.
   *
   * @param <T> what it gives
   * @param text of a failure, for the user
   * @throws SharedFailure on every rank if it failed on one; of a run of one rank, the failure
   *     itself
   */
  public static <T> T orNone(Ranks ranks, Callable<T> work, Function<Throwable, String> text) {
    T done = null;
    RuntimeException failure = null;
    try {
      done = work.call();
    } catch (RuntimeException e) {
      failure = e;
    } catch (IOException e) {
      failure = new UncheckedIOException(e);
    } catch (Exception e) {
      failure = new IllegalStateException(e);
    }
    if (ranks.size() == 1) {
      if (failure != null) {
        throw failure;
      }
      return done;
    }
    String mine = "";
    if (failure != null) {
      // Rank 0 has its own to tell of.
      String told = ranks.rank() == 0 ? failure.toString() : text.apply(failure);
      mine = "on " + Contact.hostName() + ": " + told;
    }
    List<String> said = Exchange.texts(ranks, mine);
    for (int r = 0; r < said.size(); r++) {
      if (!said.get(r).isEmpty()) {
        close(done);
        throw new SharedFailure(
            failure != null
                ? failure
                : new BadInputException(
                    Text.format("rank %d of %d %s", r, ranks.size(), said.get(r).strip()), "", ""));
      }
    }
    return done;
  }

  /** Closes the thing that was opened on this rank for nothing. */
  private static void close(Object done) {
    if (done instanceof AutoCloseable open) {
      try {
        open.close();
      } catch (Exception e) {
        return; // there is something else to tell
      }
    }
  }
}
