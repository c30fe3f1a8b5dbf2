// Package drain3processor is what a Collector would pay to mine: it finds the template of every log record's body with
// go-drain3, and does nothing with it. A miner is one tree that every record may change, so one mutex guards it; it is
// held for a request, which is the cheapest.
package drain3processor

import (
	"context"
	"sync"

	"github.com/jaeyo/go-drain3/pkg/drain3"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processorhelper"
)

type miner struct {
	mutex sync.Mutex
	drain *drain3.Drain
}

// NewFactory is what the Collector's builder looks for.
func NewFactory() processor.Factory {
	return processor.NewFactory(
		component.MustNewType("drain3"),
		func() component.Config { return &struct{}{} },
		processor.WithLogs(create, component.StabilityLevelDevelopment),
	)
}

func create(
	ctx context.Context, settings processor.Settings, config component.Config, next consumer.Logs,
) (processor.Logs, error) {
	// Not its TemplateMiner, which lists all clusters for each record and saves them all whenever one changes.
	drain, err := drain3.NewDrain()
	if err != nil {
		return nil, err
	}
	return processorhelper.NewLogs(ctx, settings, config, next, (&miner{drain: drain}).mine)
}

func (m *miner) mine(_ context.Context, logs plog.Logs) (plog.Logs, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for _, resource := range logs.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				if _, _, err := m.drain.AddLogMessage(record.Body().AsString()); err != nil {
					return logs, err
				}
			}
		}
	}
	return logs, nil
}
