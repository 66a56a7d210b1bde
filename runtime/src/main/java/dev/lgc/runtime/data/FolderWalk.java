package dev.lgc.runtime.data;

import dev.lgc.runtime.data.SkippedFiles.Reason;
import dev.lgc.runtime.io.FileNames;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The images below a folder, in the order of {@link CodePointOrder}; what is passed over is
 * counted.
 *
 * <p>Links are followed, but never to a folder that they are in, and in one class never to what the
 * class has already: so a walk ends, whatever links there are, and takes no image twice. What is
 * there without a link goes before what a link leads to.
 */
final class FolderWalk {
  private final Path root;
  private final SkippedFiles.Tally tally;
  private boolean links;

  FolderWalk(Path root, SkippedFiles.Tally tally) {
    this.root = root;
    this.tally = tally;
  }

  /**
   * A folder to walk.
   *
   * @param name relative to the root, with slashes; empty for the root
   * @param real its real path
   * @param from the real paths of the folders in which links led here, outermost first
   */
  record Folder(String name, Path real, List<Path> from) {
    private boolean isIn(Path target) {
      return real.startsWith(target) || from.stream().anyMatch(f -> f.startsWith(target));
    }

    private Folder inside(String child) {
      return new Folder(join(name, child), real.resolve(child), from);
    }

    private Folder behindLink(String child, Path target) {
      List<Path> all = new ArrayList<>(from);
      all.add(real);
      return new Folder(join(name, child), target, List.copyOf(all));
    }
  }

  /**
   * The entries that are directly in a folder.
   *
   * @param folders by name, without links
   * @param links to folders, by name
   * @param images names and real paths
   * @param linked images behind links, likewise
   */
  private record Content(
      Map<String, Folder> folders,
      Map<String, Folder> links,
      Map<String, Path> images,
      Map<String, Path> linked) {
    Content() {
      this(sorted(), sorted(), sorted(), sorted());
    }

    private static <T> Map<String, T> sorted() {
      return new TreeMap<>(CodePointOrder.ORDER);
    }
  }

  /** Returns true if there was a link. */
  boolean hasLinks() {
    return links;
  }

  private static String join(String folder, String name) {
    return folder.isEmpty() ? name : folder + "/" + name;
  }

  /**
   * The entries that are directly in the root.
   *
   * @param folders by name, with those behind links
   * @param images relative names, and real paths
   */
  record Top(Map<String, Folder> folders, Map<String, Path> images) {}

  /** The images and folders directly in the root. */
  Top top() throws IOException {
    Content in = list(new Folder("", root.toRealPath(), List.of()));
    Map<String, Folder> folders = Content.sorted();
    folders.putAll(in.folders);
    folders.putAll(in.links);
    return new Top(folders, merged(in.images, in.linked));
  }

  /** All images below {@code folder}: relative names, and real paths. */
  Map<String, Path> deep(Folder folder) throws IOException {
    Map<String, Path> images = Content.sorted();
    Map<String, Path> linked = Content.sorted();
    Set<Path> seen = new HashSet<>();
    Deque<Folder> behindLinks = new ArrayDeque<>(List.of(folder));
    while (!behindLinks.isEmpty()) {
      Deque<Folder> todo = new ArrayDeque<>(List.of(behindLinks.poll()));
      while (!todo.isEmpty()) {
        Folder next = todo.poll();
        if (!seen.add(next.real)) {
          tally.add(Reason.DUPLICATES, next.name);
          continue;
        }
        Content in = list(next);
        images.putAll(in.images);
        linked.putAll(in.linked);
        todo.addAll(in.folders.values());
        behindLinks.addAll(in.links.values());
      }
    }
    return merged(images, linked);
  }

  /** Images, and of those behind links the ones that are not among them. */
  private Map<String, Path> merged(Map<String, Path> images, Map<String, Path> linked) {
    if (linked.isEmpty()) {
      return images;
    }
    Map<String, Path> all = Content.sorted();
    all.putAll(images);
    Set<Path> taken = new HashSet<>(images.values());
    linked.forEach(
        (name, real) -> {
          if (taken.add(real)) {
            all.put(name, real);
          } else {
            tally.add(Reason.DUPLICATES, name);
          }
        });
    return all;
  }

  private Content list(Folder folder) throws IOException {
    Content all = new Content();
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> in = Files.newDirectoryStream(folder.real)) {
      in.forEach(p -> names.add(FileNames.of(p)));
    } catch (java.nio.file.DirectoryIteratorException e) {
      throw e.getCause();
    }
    names.sort(CodePointOrder.ORDER); // so that examples are the same everywhere
    for (String name : names) {
      add(folder, name, all);
    }
    return all;
  }

  private void add(Folder folder, String name, Content all) throws IOException {
    String relative = join(folder.name, name);
    Path path = folder.real.resolve(name);
    BasicFileAttributes of;
    try {
      of = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      return; // removed since the folder was listed
    }
    if (name.startsWith(".")) {
      boolean isFolder = of.isDirectory() || of.isSymbolicLink() && Files.isDirectory(path);
      tally.add(isFolder ? Reason.HIDDEN_FOLDERS : Reason.HIDDEN_FILES, relative);
    } else if (of.isDirectory()) {
      all.folders.put(name, folder.inside(name));
    } else if (of.isSymbolicLink()) {
      addLink(folder, name, relative, path, all);
    } else {
      addFile(relative, path, of.isRegularFile(), all.images);
    }
  }

  private void addLink(Folder folder, String name, String relative, Path link, Content all) {
    links = true;
    Path target;
    try {
      target = link.toRealPath();
    } catch (IOException e) { // a link to nothing, to itself, or to where one may not look
      tally.add(Reason.BROKEN_LINKS, relative);
      return;
    }
    if (!Files.isDirectory(target)) {
      addFile(relative, target, Files.isRegularFile(target), all.linked);
    } else if (folder.isIn(target)) {
      tally.add(Reason.LOOPS, relative);
    } else {
      all.links.put(name, folder.behindLink(name, target));
    }
  }

  private void addFile(String relative, Path real, boolean regular, Map<String, Path> images) {
    if (!ImageReader.EXTENSIONS.contains(SkippedFiles.ending(relative))) {
      tally.add(Reason.OTHER_ENDINGS, relative);
    } else if (!regular) {
      tally.add(Reason.SPECIAL_FILES, relative);
    } else {
      images.put(relative, real);
    }
  }
}
