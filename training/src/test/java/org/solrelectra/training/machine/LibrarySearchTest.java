package org.solrelectra.training.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibrarySearchTest {
  private static final int AARCH64 = 183;

  @TempDir private Path folder;
  private Path natives;
  private Path wheels;
  private Path system;
  private Path root;

  /** libtorch_cuda, what it needs, and what that needs, as a machine with PyTorch has them. */
  @BeforeEach
  void makeMachine() throws IOException {
    natives = folder.resolve("native");
    wheels = folder.resolve("nvidia/cu13/lib");
    system = folder.resolve("lib");
    root =
        ElfFixture.write(
            natives.resolve("libtorch_cuda.so"),
            "$ORIGIN:/nowhere",
            "libc10_cuda.so",
            "libcusparse.so.12",
            "libnccl.so.2",
            "libc.so.6");
    ElfFixture.write(natives.resolve("libc10_cuda.so"), null, "libcudart.so.13", "libc.so.6");
    ElfFixture.write(wheels.resolve("libcusparse.so.12"), null, "libnvJitLink.so.13");
    ElfFixture.write(wheels.resolve("libcudart.so.13"), null);
    ElfFixture.write(system.resolve("libc.so.6"), null);
  }

  @Test
  void whatIsNeededIsFoundOrMissing() throws IOException {
    List<LibrarySearch.Found> found =
        new LibrarySearch(List.of(wheels), List.of(system)).needs(List.of(root));
    assertEquals(
        List.of(
            new LibrarySearch.Found("libtorch_cuda.so", root, List.of()),
            new LibrarySearch.Found(
                "libc10_cuda.so", natives.resolve("libc10_cuda.so"), List.of("libtorch_cuda.so")),
            new LibrarySearch.Found(
                "libcusparse.so.12",
                wheels.resolve("libcusparse.so.12"),
                List.of("libtorch_cuda.so")),
            new LibrarySearch.Found("libnccl.so.2", null, List.of("libtorch_cuda.so")),
            new LibrarySearch.Found(
                "libc.so.6",
                system.resolve("libc.so.6"),
                List.of("libtorch_cuda.so", "libc10_cuda.so")),
            new LibrarySearch.Found(
                "libcudart.so.13", wheels.resolve("libcudart.so.13"), List.of("libc10_cuda.so")),
            new LibrarySearch.Found("libnvJitLink.so.13", null, List.of("libcusparse.so.12"))),
        found);
    assertEquals(
        List.of("libnccl.so.2", "libnvJitLink.so.13"),
        found.stream()
            .filter(LibrarySearch.Found::missing)
            .map(LibrarySearch.Found::name)
            .collect(Collectors.toList()));
  }

  @Test
  void toldFoldersComeFirstAndTheSystemLast() throws IOException {
    Path own = ElfFixture.write(natives.resolve("libnccl.so.2"), null);
    Path systems = ElfFixture.write(system.resolve("libnccl.so.2"), null);
    assertEquals(own, nccl(new LibrarySearch(List.of(), List.of(system))));
    Path told = ElfFixture.write(wheels.resolve("libnccl.so.2"), null);
    assertEquals(told, nccl(new LibrarySearch(List.of(wheels), List.of(system))));
    Files.delete(own);
    assertEquals(systems, nccl(new LibrarySearch(List.of(), List.of(system))));
    assertEquals(systems, new LibrarySearch(List.of(), List.of(system)).find("libnccl.so.2"));
    assertEquals(told, new LibrarySearch(List.of(wheels), List.of(system)).find("libnccl.so.2"));
  }

  @Test
  void anotherInstructionSetAndLinkerScriptsArePassedOver() throws IOException {
    Files.write(wheels.resolve("libnccl.so.2"), ElfFixture.bytes(AARCH64, "libnccl.so.2", null));
    Path fitting = ElfFixture.write(system.resolve("libnccl.so.2"), null);
    LibrarySearch search = new LibrarySearch(List.of(wheels), List.of(system));
    assertEquals(fitting, nccl(search));
    assertEquals(fitting, search.find("libnccl.so.2"));
    Files.writeString(wheels.resolve("libnccl.so.2"), "INPUT(libnccl.so.2)");
    assertEquals(fitting, nccl(search));
  }

  private Path nccl(LibrarySearch search) throws IOException {
    return search.needs(List.of(root)).stream()
        .filter(library -> library.name().equals("libnccl.so.2"))
        .findFirst()
        .orElseThrow()
        .path();
  }

  @Test
  void librariesThatNeedEachOtherEnd() throws IOException {
    Path first = ElfFixture.write(folder.resolve("ring/liba.so"), "$ORIGIN", "libb.so");
    ElfFixture.write(folder.resolve("ring/libb.so"), "${ORIGIN}", "liba.so");
    List<LibrarySearch.Found> found = new LibrarySearch(List.of(), List.of()).needs(List.of(first));
    assertEquals(List.of("libb.so"), found.get(0).neededBy());
    assertEquals(2, found.size());
    assertFalse(found.get(1).missing());
  }

  @Test
  void theSystemsFoldersAreThoseOfLdSoConf() throws IOException {
    Path etc = Files.createDirectories(folder.resolve("etc/ld.so.conf.d"));
    Files.writeString(
        folder.resolve("etc/ld.so.conf"),
        "include /etc/ld.so.conf.d/*.conf\n# /commented\n/opt/a\n");
    Files.writeString(etc.resolve("90.conf"), "/opt/c # why\n\n/missing\n");
    Files.writeString(etc.resolve("10.conf"), "/opt/b\ninclude ../ld.so.conf\n");
    for (int number : List.of(50, 30, 80, 20, 70, 40, 60)) {
      Files.writeString(etc.resolve(number + ".conf"), "/opt/" + number);
      Files.createDirectories(folder.resolve("opt/" + number));
    }
    for (String name : List.of("opt/a", "opt/b", "opt/c", "usr/lib/x86_64-linux-gnu")) {
      Files.createDirectories(folder.resolve(name));
    }
    List<Path> folders = SystemLibraryFolders.under(folder);
    assertEquals(
        List.of(
            "opt/b opt/20 opt/30 opt/40 opt/50 opt/60 opt/70 opt/80 opt/c opt/a usr/lib/x86_64-linux-gnu lib usr/lib"
                .split(" ")),
        folders.stream().map(path -> folder.relativize(path).toString()).toList());
    assertTrue(SystemLibraryFolders.under(folder.resolve("nothing")).isEmpty());
  }
}
