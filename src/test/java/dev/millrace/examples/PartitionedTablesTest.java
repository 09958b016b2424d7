package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.admin.OffsetSpec;
import dev.millrace.metadata.PartitionInfo;
import dev.millrace.metadata.PartitionSpec;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.row.GenericRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.ScanRecords;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.types.DataTypes;
import dev.millrace.write.AppendWriter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The samples of the chapter on partitioned tables. */
class PartitionedTablesTest extends Guide {
    PartitionedTablesTest(FlussCluster cluster, Database database) {
        super(cluster, database);
    }

    @Test
    void shouldWriteToPartitionsAndReadThem() {
        // sample: create
        Schema schema = Schema.builder()
                .column("day", DataTypes.STRING())
                .column("visitor", DataTypes.BIGINT())
                .build();
        TableDescriptor descriptor = TableDescriptor.builder()
                .schema(schema)
                .partitionedBy("day")
                .distributedBy(1)
                .build();
        // end
        FlussTable table = create("visits", descriptor);
        // sample: write
        PartitionSpec today = PartitionSpec.of(Map.of("day", "20261126"));
        connection.getAdmin().createPartition(table.tablePath(), today, true);
        try (AppendWriter writer = table.newAppend().createWriter()) {
            writer.append(GenericRow.fromData("20261126", 1L));
            writer.append(GenericRow.fromData("20261127", 2L));
            writer.flush();
        }
        // end
        long rows = 0;
        // sample: scan
        try (LogScanner scanner = table.newScan().createLogScanner()) {
            for (PartitionInfo partition : connection.getAdmin().listPartitionInfos(table.tablePath())) {
                for (int bucket = 0; bucket < table.getTableInfo().numBuckets(); bucket++) {
                    scanner.subscribePartition(partition.getPartitionId(), bucket, LogScanner.EARLIEST_OFFSET);
                }
            }
            while (rows < 2) {
                try (ScanRecords records = scanner.poll(Duration.ofSeconds(1))) {
                    rows += records.count();
                }
            }
        }
        // end
        // sample: offsets
        Map<Integer, Long> ends = connection
                .getAdmin()
                .listPartitionOffsets(table.tablePath(), "20261127", List.of(0), OffsetSpec.latest());
        // end
        assertThat(ends).containsEntry(0, 1L);
        // sample: drop
        connection.getAdmin().dropPartition(table.tablePath(), today);
        // end
        assertThat(connection.getAdmin().listPartitionInfos(table.tablePath()))
                .extracting(PartitionInfo::getPartitionName)
                .containsExactly("20261127");
    }
}
