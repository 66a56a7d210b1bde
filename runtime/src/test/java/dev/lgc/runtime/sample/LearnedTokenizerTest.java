package dev.lgc.runtime.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.IdentifiedWeights;
import dev.lgc.runtime.model.WeightsListener;
import dev.lgc.runtime.model.WeightsOf;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A generator's tokenizer is chosen with one candidate in memory at a time. */
@Tag("pure")
final class LearnedTokenizerTest {
  private static final List<WeightsOf> BOTH = List.of(WeightsOf.AVERAGE, WeightsOf.RAW);

  private final List<String> events = new ArrayList<>();
  private final WeightsListener listener =
      new WeightsListener() {
        @Override
        public void warn(String text) {
          events.add(text);
        }
      };

  private record Candidate(WeightsOf of, List<String> events) implements IdentifiedWeights {
    @Override
    public Path file() {
      return Path.of("t.safetensors");
    }

    @Override
    public String identity() {
      events.add("hash " + of.keyword());
      return of.keyword();
    }

    @Override
    public void close() {
      events.add("close " + of.keyword());
    }
  }

  private Candidate load(WeightsOf of, WeightsListener told) {
    events.add("load " + of.keyword());
    told.warn("warning of " + of.keyword() + ": " + told.advice("usual"));
    return new Candidate(of, events);
  }

  private Candidate choose(String identity) {
    return new LearnedTokenizer(identity, "a hint").load(BOTH, listener, this::load);
  }

  @Test
  void theFirstIsClosedBeforeTheSecondIsLoaded() {
    assertEquals(WeightsOf.RAW, choose("raw").of());
    assertEquals(
        List.of(
            "load average",
            "hash average",
            "close average",
            "load raw",
            "hash raw",
            "warning of raw: `lgc tokenize --weights-of raw` makes codes of the trained weights"),
        events);
  }

  @Test
  void theFirstIsHashedOnceAndKept() {
    assertEquals(WeightsOf.AVERAGE, choose("average").of());
    assertEquals(List.of("load average", "hash average"), events.subList(0, 2));
    assertEquals(3, events.size(), events.toString());
  }

  @Test
  void neitherStaysOpenWhereAnotherTokenizerMadeTheCodes() {
    BadInputException e = assertThrows(BadInputException.class, () -> choose("other"));
    assertTrue(e.getMessage().contains("tokenizer average, or raw by its raw weights"), e.what());
    assertTrue(e.getMessage().contains("tokenizer other, whose codes the generator learned"));
    assertEquals("a hint", e.hint());
    assertEquals(List.of("load raw", "hash raw", "close raw"), events.subList(3, 6));
    assertEquals(6, events.size(), "nothing is said of weights that are not taken");
  }

  @Test
  void nothingStaysOpenWhenHashingOrTheSecondLoadFails() {
    assertThrows(
        OutOfMemoryError.class,
        () ->
            new LearnedTokenizer("raw", "")
                .load(
                    BOTH,
                    listener,
                    (of, told) -> {
                      if (of == WeightsOf.RAW) {
                        throw new OutOfMemoryError("loading");
                      }
                      return load(of, told);
                    }));
    assertEquals(List.of("load average", "hash average", "close average"), events);
    events.clear();
    IdentifiedWeights broken =
        new IdentifiedWeights() {
          @Override
          public Path file() {
            return Path.of("t");
          }

          @Override
          public String identity() {
            throw new OutOfMemoryError("hashing");
          }

          @Override
          public void close() {
            events.add("close");
          }
        };
    LearnedTokenizer any = new LearnedTokenizer("x", "");
    assertThrows(OutOfMemoryError.class, () -> any.load(BOTH, listener, (of, told) -> broken));
    assertEquals(List.of("close"), events);
  }
}
