// The reference's fault-proof VM with its own command line: load-elf, run and witness.
package main

import (
	"fmt"
	"os"

	"github.com/ethereum-optimism/optimism/cannon/cmd"
	"github.com/urfave/cli/v2"
)

func main() {
	app := cli.NewApp()
	app.Name = "cannon"
	app.Commands = []*cli.Command{cmd.LoadELFCommand, cmd.WitnessCommand, cmd.RunCommand}
	if err := app.Run(os.Args); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
