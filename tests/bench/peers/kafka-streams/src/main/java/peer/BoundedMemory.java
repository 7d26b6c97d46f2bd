package peer;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.WriteBufferManager;

/** All stores share what they may remember; by itself each would take a hundred MiB. */
public final class BoundedMemory implements RocksDBConfigSetter {
    static final String MEMORY_MIB = "peer.rocksdb.memory.mib";

    private static Cache cache;
    private static WriteBufferManager written;

    private static synchronized void share(long memoryBytes) {
        if (cache == null) {
            cache = new LRUCache(memoryBytes);
            written = new WriteBufferManager(memoryBytes / 2, cache);
        }
    }

    @Override
    public void setConfig(String store, Options options, Map<String, Object> settings) {
        share(Long.parseLong(settings.get(MEMORY_MIB).toString()) << 20);
        BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
        table.setBlockCache(cache);
        table.setCacheIndexAndFilterBlocks(true);
        options.setTableFormatConfig(table);
        options.setWriteBufferManager(written);
    }

    @Override
    public void close(String store, Options options) {
        // What is shared lives as long as the process.
    }
}
