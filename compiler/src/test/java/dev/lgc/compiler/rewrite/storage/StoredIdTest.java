package dev.lgc.compiler.rewrite.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class StoredIdTest {
  @Test
  void namesAreThoseOfCheckpoints() {
    List<String> names =
        Arrays.stream(Role.values())
            .filter(r -> r != Role.CACHE)
            .map(r -> new StoredId(r, "layers.0.w").name())
            .toList();
    assertEquals(
        List.of(
            "layers.0.w",
            "layers.0.w",
            "layers.0.w",
            "gradient:layers.0.w",
            "moment1:layers.0.w",
            "moment2:layers.0.w",
            "average:layers.0.w",
            "scale:layers.0.w",
            "partial:layers.0.w",
            "local:layers.0.w"),
        names);
    assertEquals(
        "cache:codes.layers.0.valid17",
        StoredId.cache("codes.layers.0", CacheUse.MASKS, 17).name());
  }

  @Test
  void aNameSaysTheRoleThatStandsInIt() {
    for (Role named : Role.values()) {
      for (Role asked : Role.values()) {
        boolean isSaid = asked.isSaidBy(name(named));
        assertEquals(named == asked && asked.ordinal() >= Role.GRADIENT.ordinal(), isSaid);
      }
    }
  }

  private static String name(Role r) {
    return (r == Role.CACHE ? StoredId.cache("codes", CacheUse.KEYS, 1) : new StoredId(r, "w"))
        .name();
  }

  @Test
  void aPartialSumSaysItsLevelAndParameter() {
    StoredId id = StoredId.partial("layers.0.w", 2);
    assertEquals("partial:2:layers.0.w", id.name());
    assertEquals(id, StoredId.of(Role.PARTIAL, id.path()));
  }

  @Test
  void aTensorIsOfThePartsThatItsPathGoesThrough() {
    StoredId id = new StoredId(Role.FROZEN, "lpips.net.0.w");
    assertEquals(Optional.of("net.0.w"), id.within("lpips"));
    assertEquals(Optional.of("0.w"), id.within("lpips.net"));
    assertEquals(Optional.empty(), id.within("lpips.n"));
    assertEquals("lpips", id.part());
    assertEquals("w", new StoredId(Role.PARAMETER, "w").part());
  }

  @Test
  void aCacheOfAnArtifactIsTheOneThatWasWritten() {
    for (CacheUse use : CacheUse.values()) {
      StoredId written = StoredId.cache("codes.held1.keys", use, 20);
      StoredId read = StoredId.of(written.role(), written.path());
      assertEquals(written, read);
      assertEquals(Optional.of(use), read.cache());
    }
    assertEquals(new StoredId(Role.SCALE, "a.keys1"), StoredId.of(Role.SCALE, "a.keys1"));
  }

  @Test
  void aCacheWithoutAUseIsRefused() {
    for (String path : List.of("codes.keys", "codes.other3", "keys3", "codes.keysandmore3", "")) {
      assertThrows(IllegalArgumentException.class, () -> StoredId.of(Role.CACHE, path), path);
    }
    assertThrows(IllegalArgumentException.class, () -> new StoredId(Role.CACHE, "codes.keys3"));
  }
}
