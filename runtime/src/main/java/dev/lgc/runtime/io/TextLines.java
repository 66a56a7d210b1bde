package dev.lgc.runtime.io;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** The lines of a text file that a user wrote: UTF-8, with the line ends of any system. */
public final class TextLines {
  private TextLines() {}

  /**
   * Reads them.
   *
   * @throws BadInputException if the file cannot be read as text
   */
  public static List<String> read(Path file) {
    try {
      String text = Files.readString(file);
      return (text.startsWith("\uFEFF") ? text.substring(1) : text).lines().toList();
    } catch (CharacterCodingException e) {
      throw BadInputException.in(file, "not text in UTF-8", "one name in each line", "");
    } catch (NoSuchFileException e) {
      throw BadInputException.in(file, "no such file", "", "check the path");
    } catch (IOException e) {
      throw new BadInputException(file + ": cannot be read: " + e.getMessage(), "", "", e);
    }
  }
}
