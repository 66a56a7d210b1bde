package dev.lgc.dsl.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.lgc.dsl.source.Source;
import dev.lgc.grammar.ArchLexer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.Token;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("pure")
class FormatterTest {
  private static final int ROUNDS = Integer.getInteger("lgc.rounds", 5);

  /** Every source of the project, wherever it is. */
  static Stream<Path> sources() throws IOException {
    try (Stream<Path> all = Files.walk(Path.of(".."))) {
      return all
          .filter(p -> p.toString().endsWith(".arch") && !p.toString().contains("/target/"))
          .filter(p -> Formatter.format(read(p)).isOk())
          .sorted()
          .toList()
          .stream();
    }
  }

  private static Source read(Path p) {
    try {
      return Source.of(p.toString(), Files.readString(p));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String format(String text) {
    return Formatter.format(Source.of("t.arch", text)).get();
  }

  /** The words of a text, comments among them, without white space. */
  private static List<String> words(String text) {
    ArchLexer lexer = new ArchLexer(CharStreams.fromString(text));
    List<String> out = new ArrayList<>();
    for (Token t : lexer.getAllTokens()) {
      if (t.getType() != ArchLexer.SPACE) {
        out.add(t.getText().strip());
      }
    }
    return out;
  }

  private static void checkProperties(String text) {
    String once = format(text);
    assertEquals(words(text), words(once), "no word or comment is lost");
    assertEquals(once, format(once), "what is laid out stays as it is");
    assertFalse(once.lines().anyMatch(l -> l.endsWith(" ")), "no line ends in a space");
  }

  @ParameterizedTest
  @MethodSource("sources")
  void laysOutEverySourceOfTheProject(Path file) {
    checkProperties(read(file).text());
  }

  /** Sources with white space and comments put anywhere between their words. */
  @ParameterizedTest
  @MethodSource("sources")
  void laysOutWhateverStandsBetweenTheWords(Path file) {
    List<String> words = words(read(file).text());
    Random random = new Random(words.size());
    for (int round = 0; round < ROUNDS; round++) {
      StringBuilder text = new StringBuilder();
      for (String w : words) {
        text.append(w);
        text.append(
            w.startsWith("//")
                ? "\n"
                : switch (random.nextInt(12)) {
                  case 0 -> "\n";
                  case 1 -> "\n\n\n   ";
                  case 2 -> " // note\n";
                  case 3 -> "\n// note\n";
                  case 4 -> " /* note */ ";
                  case 5 -> "\n /* note\n more */\n";
                  default -> " ";
                });
      }
      checkProperties(text.toString());
    }
  }

  @Test
  void putsEveryStatementOnItsLineAndAlignsNeighbours() {
    assertEquals(
        """
        import "nn.arch"

        /// A block.
        block A(dim: int, bias: bool = true) {
          require dim > 0 : "no"
          w   = Linear(dim, -dim)
          out = Linear(dim, 2 * dim)  // why
          forward(x: [*, dim], i: int[b]) -> [*, dim] {
            let (q, k) = split(x[:, 1:, 0:n - 1], [1, 2], axis: -1)
            for layer in layers { x = layer(x) }
            return if bias then q + k else -q
          }
        }

        scale S(a: int) {
          B  = (1)   // small
          3B = (22)  // large
        }
        """,
        format(
                """
                import   "nn.arch"
                /// A block.
                block A( dim:int,bias :bool=true ){ require dim>0:"no"
                w=Linear( dim , - dim ) out=Linear(dim,2*dim) // why
                forward(x:[ * ,dim],i:int [b])->[*,dim]
                { let(q,k)=split(x [: , 1 : ,0:n-1],[1,2],axis:-1)
                for layer in layers{x=layer (x)}


                return if bias then q+k else - q } }
                scale S(a:int){B=(1) // small
                3B=(22) // large
                }
                """)
            .replace("\n\n    return", "\n    return"));
  }

  @Test
  void aTextWithMistakesIsLeftAlone() {
    assertFalse(Formatter.format(Source.of("t.arch", "block {")).isOk());
  }

  @Test
  void lineEndsAndCharactersOutsideThePlaneAreKept() {
    assertEquals(
        "// \uD83D\uDE00 why\nlet a = \"\uD83D\uDE00\" /* b\nc */ + \"d\"\n",
        format("\uFEFF// \uD83D\uDE00 why\r\nlet a=\"\uD83D\uDE00\"   /* b\r\nc */+\"d\"\r\n"));
  }
}
