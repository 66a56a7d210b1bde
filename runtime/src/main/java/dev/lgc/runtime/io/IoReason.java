package dev.lgc.runtime.io;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** The reason why a file cannot be read or written, as it is said to the user. */
public final class IoReason {
  private IoReason() {}

  /** In one line, with the file where the exception names it. */
  public static String of(IOException e) {
    return switch (e) {
      case UnwritableException u -> u.what();
      case NoSuchFileException n -> n.getFile() + ": no such file or folder";
      case AccessDeniedException a -> a.getFile() + ": access denied";
      case FileSystemLoopException l -> l.getFile() + ": links form a cycle";
      case FileAlreadyExistsException x -> x.getFile() + ": already exists";
      case DirectoryNotEmptyException d -> d.getFile() + ": the folder is not empty";
      case NotDirectoryException d -> d.getFile() + ": is not a folder";
      case FileSystemException f ->
          f.getFile() + ": " + (f.getReason() == null ? "cannot be used" : f.getReason());
      default -> String.valueOf(e.getMessage());
    };
  }
}
