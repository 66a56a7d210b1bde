package dev.lgc.runtime.cli;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.train.TrainListener;
import java.io.PrintWriter;

/**
 * Tells the user only what rank 0 cannot know: warnings of another rank's own data, once it trains.
 * All that goes before is alike on all ranks.
 */
final class OtherRank implements TrainListener {
  private final Ranks ranks;
  private final PrintWriter err;
  private boolean trains;

  OtherRank(Ranks ranks, PrintWriter err) {
    this.ranks = ranks;
    this.err = err;
  }

  @Override
  public void begins(long done, long steps) {
    trains = true;
  }

  @Override
  public void warn(String text) {
    if (trains) {
      err.println(Text.format("warning: rank %d of %d: %s", ranks.rank(), ranks.size(), text));
      err.flush();
    }
  }
}
