package dev.lgc.runtime.data;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.TransientFailureException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Image files in a folder. Where it has sub-folders with images, each is a class, named and
 * numbered in the order of their names, and holds all images below it, however deep. A folder of
 * images without such sub-folders has one class, 0. A folder that has both is refused, as either
 * reading would leave something out.
 *
 * <p>Hidden files and folders are passed over at every depth, and so are files whose ending is not
 * that of an image. Links are followed once. {@link #contents} counts what is taken and what is
 * not. Names are relative, with slashes, and sorted by {@link CodePointOrder}, so that a folder
 * gives the same indices everywhere.
 */
public final class ImageFolder implements PictureSource {
  private static final int ATTEMPTS = 3;
  private static final Duration PAUSE = Duration.ofMillis(200);
  private static final ReadWriteLock DECODING = new ReentrantReadWriteLock();

  private final Path root;
  private final List<String> classes;
  private final String[] names;
  private final int[] labels;
  private final FolderContents contents;

  /** The reasons why pictures that were tried cannot be read: none is tried twice. */
  private final Map<Integer, BadInputException> unreadable = new ConcurrentHashMap<>();

  private final List<BadPicture> bad = new ArrayList<>();

  private ImageFolder(
      Path root, List<String> classes, List<String> names, int[] labels, FolderContents contents) {
    this.root = root;
    this.classes = List.copyOf(classes);
    this.names = names.toArray(String[]::new);
    this.labels = labels;
    this.contents = contents;
  }

  /**
   * Lists the images below {@code root}; none is read.
   *
   * @throws BadInputException if {@code root} is no folder or holds no image, if it holds images
   *     beside folders of images, or a class folder holds none
   */
  public static ImageFolder open(Path root) {
    if (!Files.isDirectory(root)) {
      String found = Files.exists(root) ? "not a folder" : "no such folder";
      throw BadInputException.in(root, found, "a folder of images or of class folders", "");
    }
    try {
      return new Listing(root).folder();
    } catch (IOException e) {
      throw new BadInputException(root + ": cannot be listed: " + e.getMessage(), "", "", e);
    }
  }

  /** A folder being listed. */
  private static final class Listing {
    private final Path root;
    private final SkippedFiles.Tally tally = new SkippedFiles.Tally();
    private final FolderWalk walk;
    private final List<String> classes = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private final List<Integer> sizes = new ArrayList<>();
    private final List<FolderWalk.Folder> empty = new ArrayList<>();

    private final List<String> repeated = new ArrayList<>();

    Listing(Path root) {
      this.root = root;
      this.walk = new FolderWalk(root, tally);
    }

    ImageFolder folder() throws IOException {
      FolderWalk.Top top = walk.top();
      List<Map<String, Path>> found = new ArrayList<>();
      for (Map.Entry<String, FolderWalk.Folder> f : top.folders().entrySet()) {
        Map<String, Path> images = walk.deep(f.getValue());
        if (images.isEmpty()) {
          empty.add(f.getValue());
          continue;
        }
        classes.add(f.getKey());
        names.addAll(images.keySet());
        sizes.add(images.size());
        found.add(walk.hasLinks() ? images : Map.of());
      }
      if (classes.isEmpty()) {
        return flat(top.images());
      }
      refuseBoth(top.images());
      refuseEmpty();
      if (walk.hasLinks()) {
        findRepeated(found);
      }
      return byClass();
    }

    /**
     * Finds the images that two classes have.
     *
     * @param found real paths by name, of each class; empty where there was no link yet
     */
    private void findRepeated(List<Map<String, Path>> found) throws IOException {
      Path real = root.toRealPath();
      Set<Path> known = new HashSet<>();
      int i = 0;
      for (int c = 0; c < sizes.size(); c++) {
        for (int end = i + sizes.get(c); i < end; i++) {
          String name = names.get(i);
          Path at = found.get(c).getOrDefault(name, real.resolve(name));
          if (!known.add(at)) {
            repeated.add(name);
          }
        }
      }
    }

    private ImageFolder flat(Map<String, Path> images) {
      empty.forEach(f -> tally.add(SkippedFiles.Reason.FOLDERS_WITHOUT_IMAGES, f.name()));
      SkippedFiles leftOut = tally.leftOut();
      if (images.isEmpty()) {
        throw BadInputException.in(
            root,
            "no image" + (leftOut.isEmpty() ? "" : ", but " + leftOut.text()),
            "files ending in "
                + String.join(", ", ImageReader.EXTENSIONS.stream().sorted().toList()),
            "");
      }
      String name = root.toAbsolutePath().normalize().getFileName() + "";
      FolderContents.Some none = FolderContents.Some.of(List.of());
      return new ImageFolder(
          root,
          List.of(name),
          List.copyOf(images.keySet()),
          new int[images.size()],
          new FolderContents(root, images.size(), 1, none, none, leftOut));
    }

    private ImageFolder byClass() {
      int[] labels = new int[names.size()];
      int from = 0;
      for (int c = 0; c < sizes.size(); c++) {
        Arrays.fill(labels, from, from + sizes.get(c), c);
        from += sizes.get(c);
      }
      List<String> deeper =
          names.stream().filter(n -> n.indexOf('/') != n.lastIndexOf('/')).toList();
      FolderContents contents =
          new FolderContents(
              root,
              names.size(),
              classes.size(),
              FolderContents.Some.of(deeper),
              FolderContents.Some.of(repeated),
              tally.leftOut());
      return new ImageFolder(root, classes, names, labels, contents);
    }

    /** Refuses images beside class folders: which of them are meant is not for us to guess. */
    private void refuseBoth(Map<String, Path> images) {
      if (images.isEmpty()) {
        return;
      }
      throw BadInputException.in(
          root,
          Text.format(
              "%s directly in it (%s), and %s in sub-folders (%s)",
              pictures(images.size()),
              some(List.copyOf(images.keySet())),
              pictures(names.size()),
              some(classes)),
          "all pictures in the folder itself, which makes one class, or all in sub-folders, one for"
              + " each class",
          "move the ones or the others");
    }

    private void refuseEmpty() throws IOException {
      if (empty.isEmpty()) {
        return;
      }
      SkippedFiles.Tally inside = new SkippedFiles.Tally();
      new FolderWalk(root, inside).deep(empty.getFirst());
      SkippedFiles holds = inside.leftOut();
      throw BadInputException.in(
          root.resolve(empty.getFirst().name()),
          "a class folder without an image" + (holds.isEmpty() ? "" : ", but " + holds.text()),
          "at least one",
          "remove it or fill it");
    }

    private static String pictures(int n) {
      return n == 1 ? "1 picture" : n + " pictures";
    }

    private static String some(List<String> names) {
      String first = String.join(", ", names.subList(0, Math.min(3, names.size())));
      return names.size() > 3 ? first + ", …" : first;
    }
  }

  @Override
  public int size() {
    return names.length;
  }

  @Override
  public int label(int i) {
    return labels[i];
  }

  @Override
  public void read(int i, Picture into) {
    BadInputException known = unreadable.get(i);
    if (known != null) {
      throw known;
    }
    try {
      decode(root.resolve(names[i]), into);
    } catch (TransientFailureException e) {
      throw e; // says nothing about the picture: a run that goes on later must see it again
    } catch (BadInputException e) {
      remember(i, e);
      throw e;
    }
  }

  @Override
  public void remember(int i, BadInputException why) {
    if (unreadable.putIfAbsent(i, why) == null) {
      synchronized (bad) {
        bad.add(new BadPicture(names[i], why.what()));
      }
    }
  }

  /**
   * Decodes a file; alone and a few times more, if it is not the file that fails.
   *
   * @throws TransientFailureException if that does not help
   */
  private static void decode(Path file, Picture into) {
    DECODING.readLock().lock();
    try {
      ImageReader.read(file, into);
      return;
    } catch (OutOfMemoryError | TransientFailureException e) {
      // once more, alone
    } finally {
      DECODING.readLock().unlock();
    }
    DECODING.writeLock().lock();
    try {
      for (int attempt = 1; ; attempt++) {
        try {
          ImageReader.read(file, into);
          return;
        } catch (OutOfMemoryError e) {
          throw new TransientFailureException(file + ": does not fit in memory", "raise -Xmx", e);
        } catch (TransientFailureException e) {
          if (attempt == ATTEMPTS || !paused(attempt)) {
            throw e;
          }
        }
      }
    } finally {
      DECODING.writeLock().unlock();
    }
  }

  /** Gives what failed time to recover; false if the thread is to end. */
  private static boolean paused(int attempt) {
    try {
      Thread.sleep(PAUSE.multipliedBy(attempt));
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public List<BadPicture> bad(int from) {
    synchronized (bad) {
      return from >= bad.size() ? List.of() : List.copyOf(bad.subList(from, bad.size()));
    }
  }

  @Override
  public List<String> classes() {
    return classes;
  }

  @Override
  public String name(int i) {
    return names[i];
  }

  @Override
  public Optional<FolderContents> contents() {
    return Optional.of(contents);
  }
}
