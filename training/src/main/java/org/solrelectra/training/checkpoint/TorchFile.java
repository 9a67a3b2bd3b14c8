package org.solrelectra.training.checkpoint;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.checkpoint.TorchStorage.View;

/**
 * Reads a state dict that {@code torch.save} wrote: the zip of PyTorch 1.6 and later, or the
 * pickles with raw data behind them of before ({@code torch/serialization.py}). Storages are
 * streamed one by one; nothing in the file is executed.
 */
final class TorchFile {
  private static final byte[] ZIP_START = {'P', 'K', 3, 4};
  private static final byte[] PICKLE_START = {(byte) 0x80, 2};
  private static final BigInteger LEGACY_MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final long LEGACY_PROTOCOL = 1001;
  private static final String PICKLE = "/data.pkl";

  private final Path file;
  private final Map<String, View> views;

  /** The tensors that start in a storage, by its key, in the order of their first use. */
  private final Map<String, List<String>> namesByStorage = new LinkedHashMap<>();

  private final Map<String, Values> tensors = new LinkedHashMap<>();

  private TorchFile(Path file, Object stateDict) throws InvalidModelException {
    this.file = file;
    this.views = views(file, stateDict);
    Map<String, TorchStorage> storages = new LinkedHashMap<>();
    for (Map.Entry<String, View> entry : views.entrySet()) {
      TorchStorage storage = entry.getValue().storage();
      TorchStorage before = storages.putIfAbsent(storage.key(), storage);
      if (before != null && !before.equals(storage)) {
        throw new InvalidModelException(
            file + " describes its storage " + storage.key() + " in two ways");
      }
      namesByStorage.computeIfAbsent(storage.key(), key -> new ArrayList<>()).add(entry.getKey());
      // The order of the tensors is the order of the state dict, whatever the storages' is.
      tensors.put(entry.getKey(), null);
    }
  }

  private static Map<String, View> views(Path file, Object stateDict) throws InvalidModelException {
    if (!(stateDict instanceof Map<?, ?> entries)) {
      throw new InvalidModelException(file + " holds no state dict");
    }
    Map<String, View> views = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : entries.entrySet()) {
      if (!(entry.getValue() instanceof View view)) {
        throw new InvalidModelException(
            file + " holds more than a state dict; '" + entry.getKey() + "' is not a tensor");
      }
      views.put((String) entry.getKey(), view);
    }
    return views;
  }

  /**
   * Reads all tensors, converted to float32.
   *
   * @return by name, in the file's order; tied tensors may share an array
   * @throws InvalidModelException if the file is damaged, cut short, or holds more than tensors
   */
  static Map<String, Values> read(Path file) throws IOException {
    byte[] start;
    try (InputStream in = Files.newInputStream(file)) {
      start = in.readNBytes(ZIP_START.length);
    }
    if (Arrays.equals(start, ZIP_START)) {
      return readZip(file);
    }
    if (start.length > 1 && start[0] == PICKLE_START[0] && start[1] == PICKLE_START[1]) {
      return readLegacy(file);
    }
    throw new InvalidModelException(
        file
            + " is not a PyTorch file; expected the zip or the pickles that torch.save writes; it starts with 0x"
            + HexFormat.of().formatHex(start));
  }

  private static Map<String, Values> readZip(Path file) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      List<? extends ZipEntry> pickles =
          zip.stream().filter(entry -> entry.getName().endsWith(PICKLE)).toList();
      if (pickles.size() != 1) {
        throw new InvalidModelException(
            file + " is not a PyTorch file; expected one data.pkl; found " + pickles);
      }
      String first = pickles.get(0).getName();
      String folder = first.substring(0, first.length() - PICKLE.length() + 1);
      TorchFile torch;
      try (EntryStream pickle = new EntryStream(file, zip, first)) {
        torch = new TorchFile(file, StateDictPickle.read(pickle, file.toString()));
        pickle.verify();
      }
      ByteOrder order = byteOrder(file, zip, folder + "byteorder");
      for (TorchStorage storage : torch.storages()) {
        String name = folder + "data/" + storage.key();
        try (EntryStream in = new EntryStream(file, zip, name)) {
          if (in.size() != storage.bytes()) {
            throw new InvalidModelException(
                file
                    + ": "
                    + name
                    + " must have "
                    + storage.bytes()
                    + " bytes; it has "
                    + in.size());
          }
          torch.set(storage, storage.read(in, order, file.toString()));
          in.verify();
        }
      }
      return torch.tensors;
    } catch (ZipException e) {
      throw new InvalidModelException(file + " is a damaged zip: " + e.getMessage(), e);
    } catch (EOFException e) {
      throw new InvalidModelException(file + " is a damaged zip: an entry is cut short", e);
    }
  }

  private static ByteOrder byteOrder(Path file, ZipFile zip, String name) throws IOException {
    if (zip.getEntry(name) == null) {
      return ByteOrder.LITTLE_ENDIAN; // What PyTorch wrote before 2.1 has none.
    }
    try (EntryStream in = new EntryStream(file, zip, name)) {
      String order = new String(in.readNBytes(10), StandardCharsets.US_ASCII);
      in.verify();
      return switch (order) {
        case "little" -> ByteOrder.LITTLE_ENDIAN;
        case "big" -> ByteOrder.BIG_ENDIAN;
        default ->
            throw new InvalidModelException(
                file + ": byteorder must be little or big; byteorder=" + order);
      };
    }
  }

  private static Map<String, Values> readLegacy(Path file) throws IOException {
    long size = Files.size(file);
    String source = file.toString();
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      if (!LEGACY_MAGIC.equals(StateDictPickle.read(in, source))
          || !Long.valueOf(LEGACY_PROTOCOL).equals(StateDictPickle.read(in, source))
          || !(StateDictPickle.read(in, source) instanceof Map<?, ?> system)) {
        throw new InvalidModelException(
            file + " is a pickle, but not PyTorch's of protocol " + LEGACY_PROTOCOL);
      }
      ByteOrder order =
          Boolean.FALSE.equals(system.get("little_endian"))
              ? ByteOrder.BIG_ENDIAN
              : ByteOrder.LITTLE_ENDIAN;
      TorchFile torch = new TorchFile(file, StateDictPickle.read(in, source));
      if (!(StateDictPickle.read(in, source) instanceof List<?> keys)) {
        throw new InvalidModelException(file + " lists no storages");
      }
      Map<String, TorchStorage> storages = new LinkedHashMap<>();
      torch.storages().forEach(storage -> storages.put(storage.key(), storage));
      for (Object key : keys) {
        TorchStorage storage = storages.remove(key);
        if (storage == null) {
          throw new InvalidModelException(file + " has a storage that no tensor is in: " + key);
        }
        long length = legacyLength(in, order, source);
        if (length != storage.length() || storage.bytes() > size) {
          throw new InvalidModelException(
              file
                  + ": storage "
                  + key
                  + " must have "
                  + storage.length()
                  + " values, within a file of "
                  + size
                  + " bytes; it has "
                  + length);
        }
        torch.set(storage, storage.read(in, order, source));
      }
      if (!storages.isEmpty()) {
        throw new InvalidModelException(file + " lacks the storages " + storages.keySet());
      }
      return torch.tensors;
    }
  }

  private static long legacyLength(InputStream in, ByteOrder order, String source)
      throws IOException {
    byte[] length = in.readNBytes(Long.BYTES);
    if (length.length < Long.BYTES) {
      throw new InvalidModelException(source + " is cut short before a storage");
    }
    return ByteBuffer.wrap(length).order(order).getLong();
  }

  private List<TorchStorage> storages() {
    return namesByStorage.values().stream()
        .map(names -> views.get(names.get(0)).storage())
        .toList();
  }

  /**
   * Takes the tensors of a storage out of it. Tied ones share their values; others may not overlap,
   * so that no file needs more memory than its own size in float32.
   */
  private void set(TorchStorage storage, float[] stored) throws InvalidModelException {
    Map<String, Values> taken = new HashMap<>();
    long values = 0;
    for (String name : namesByStorage.get(storage.key())) {
      View view = views.get(name);
      int count = view.count(file + ": tensor " + name);
      Values tied = taken.get(view.place());
      values += tied == null ? count : 0;
      if (values > stored.length) {
        throw new InvalidModelException(
            file + ": tensor " + name + " overlaps another one in storage " + storage.key());
      }
      Values own = tied == null ? view.of(stored, count) : tied;
      taken.put(view.place(), own);
      tensors.put(name, own);
    }
  }

  /** An entry of the zip as it was stored, which is how PyTorch stores all. */
  private static final class EntryStream extends CheckedInputStream {
    private final Path file;
    private final ZipEntry entry;

    EntryStream(Path file, ZipFile zip, String name) throws IOException {
      super(open(file, zip, name), new CRC32());
      this.file = file;
      this.entry = zip.getEntry(name);
    }

    private static InputStream open(Path file, ZipFile zip, String name) throws IOException {
      ZipEntry entry = zip.getEntry(name);
      if (entry == null) {
        throw new InvalidModelException(file + " lacks " + name);
      }
      if (entry.getMethod() != ZipEntry.STORED || entry.getSize() > Files.size(file)) {
        throw new InvalidModelException(
            file + ": " + name + " must be stored as it is, not compressed");
      }
      return new BufferedInputStream(zip.getInputStream(entry), 1 << 16);
    }

    long size() {
      return entry.getSize();
    }

    /** Reads what is left and compares the checksum. */
    void verify() throws IOException {
      transferTo(OutputStream.nullOutputStream());
      if (getChecksum().getValue() != entry.getCrc()) {
        throw new InvalidModelException(
            file + ": " + entry.getName() + " is damaged: its CRC-32 differs");
      }
    }
  }
}
