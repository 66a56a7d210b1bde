package dev.lgc.runtime.data;

import dev.lgc.runtime.io.BadInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Image files in a folder. Where it has sub-folders with images, each is a class, named and
 * numbered in the order of their names, and holds all images below it, however deep: what
 * torchvision's ImageFolder does. A folder of images without sub-folders has one class, 0.
 *
 * <p>Hidden files and files with other endings are passed over. Files are sorted by path, so a
 * folder gives the same indices everywhere.
 */
public final class ImageFolder implements PictureSource {
  /** Endings of the files that are taken for images. */
  public static final Set<String> ENDINGS =
      Set.of("png", "jpg", "jpeg", "bmp", "gif", "webp", "tif", "tiff");

  private static final int DEEPEST = 64;

  private final Path root;
  private final List<String> classes;
  private final Path[] files;
  private final int[] labels;

  private ImageFolder(Path root, List<String> classes, List<Path> files, int[] labels) {
    this.root = root;
    this.classes = List.copyOf(classes);
    this.files = files.toArray(Path[]::new);
    this.labels = labels;
  }

  /**
   * Lists the images below {@code root}; none is read.
   *
   * @throws BadInputException if {@code root} is no folder or holds no image, or a class folder
   *     holds none
   */
  public static ImageFolder open(Path root) {
    if (!Files.isDirectory(root)) {
      String found = Files.exists(root) ? "not a folder" : "no such folder";
      throw BadInputException.in(root, found, "a folder of images or of class folders", "");
    }
    try {
      List<Path> folders = sorted(root, 1, ImageFolder::isClassFolder);
      return folders.isEmpty() ? flat(root) : byClass(root, folders);
    } catch (IOException e) {
      throw unreadable(root, e);
    } catch (UncheckedIOException e) {
      throw unreadable(root, e.getCause());
    }
  }

  private static BadInputException unreadable(Path root, IOException e) {
    return new BadInputException(root + ": cannot be listed: " + e.getMessage(), "", "", e);
  }

  private static ImageFolder flat(Path root) throws IOException {
    List<Path> files = sorted(root, 1, ImageFolder::isImage);
    if (files.isEmpty()) {
      throw BadInputException.in(
          root, "no image", "files ending in " + String.join(", ", sortedEndings()), "");
    }
    String name = root.toAbsolutePath().normalize().getFileName() + "";
    return new ImageFolder(root, List.of(name), files, new int[files.size()]);
  }

  private static ImageFolder byClass(Path root, List<Path> folders) throws IOException {
    List<String> classes = new ArrayList<>();
    List<Path> files = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    for (Path folder : folders) {
      List<Path> below = sorted(folder, DEEPEST, ImageFolder::isImage);
      if (below.isEmpty()) {
        throw BadInputException.in(
            folder, "a class folder without an image", "at least one", "remove it or fill it");
      }
      below.forEach(f -> labels.add(classes.size()));
      files.addAll(below);
      classes.add(folder.getFileName().toString());
    }
    return new ImageFolder(
        root, classes, files, labels.stream().mapToInt(Integer::intValue).toArray());
  }

  private static List<Path> sorted(Path folder, int depth, Predicate<Path> wanted)
      throws IOException {
    try (Stream<Path> paths = Files.walk(folder, depth, FileVisitOption.FOLLOW_LINKS)) {
      return paths
          .filter(p -> !p.equals(folder) && wanted.test(p))
          .sorted(Comparator.comparing(Path::toString))
          .toList();
    }
  }

  private static List<String> sortedEndings() {
    return ENDINGS.stream().sorted().toList();
  }

  private static boolean isClassFolder(Path p) {
    return Files.isDirectory(p) && !p.getFileName().toString().startsWith(".");
  }

  private static boolean isImage(Path p) {
    String name = p.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot > 0
        && name.charAt(0) != '.'
        && ENDINGS.contains(name.substring(dot + 1).toLowerCase(Locale.ROOT))
        && Files.isRegularFile(p);
  }

  @Override
  public int size() {
    return files.length;
  }

  @Override
  public int label(int i) {
    return labels[i];
  }

  @Override
  public void read(int i, Picture into) {
    ImageReader.read(files[i], into);
  }

  @Override
  public List<String> classes() {
    return classes;
  }

  @Override
  public String name(int i) {
    return root.relativize(files[i]).toString();
  }
}
