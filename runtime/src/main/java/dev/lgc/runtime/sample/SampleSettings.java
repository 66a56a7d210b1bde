package dev.lgc.runtime.sample;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.runtime.io.BadInputException;

/**
 * The settings with which codes are drawn.
 *
 * @param guidance how strongly the condition counts: {@code null + guidance (conditional - null)};
 *     0 not at all, 1 as trained
 * @param guidanceInterval only the first {@code guidanceInterval + 2} codes are guided; -1 for all
 * @param temperature divides the logits
 * @param topK only the so many likeliest codes are drawn, and those as likely as the last; 0 for
 *     all
 * @param topP only the likeliest codes that together reach this probability; 1 for all
 * @param seed of the draws
 */
public record SampleSettings(
    double guidance, int guidanceInterval, double temperature, int topK, double topP, long seed) {
  public SampleSettings {
    require(guidance >= 0 && Double.isFinite(guidance), "guidance " + guidance, "0 or more");
    require(guidanceInterval >= -1, "guidance interval " + guidanceInterval, "-1 for all, or more");
    require(
        temperature > 0 && Double.isFinite(temperature),
        "temperature " + temperature,
        "more than 0; for the likeliest code each time use top-k 1");
    require(topK >= 0, "top-k " + topK, "0 for all codes, or more");
    require(topP > 0 && topP <= 1, "top-p " + topP, "more than 0, at most 1");
  }

  private static void require(boolean ok, String found, String expected) {
    if (!ok) {
      throw new BadInputException(found, expected, "");
    }
  }

  /** The request that the generator's plan must answer. */
  public Request.Generate request(String entry) {
    return new Request.Generate(entry, guidance != 1, topK > 0, topP < 1);
  }

  /** The guidance of the code at {@code position}. */
  double guidanceAt(int position) {
    return guidanceInterval < 0 || position < guidanceInterval + 2 ? guidance : 1;
  }
}
